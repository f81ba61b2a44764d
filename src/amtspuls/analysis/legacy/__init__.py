"""The predecessor's metrics, bugs included, so that its published series can be continued and compared.

Nothing here is a measure of ours: see docs/reference/legacy-metrics.md for what each file means and where
it is wrong. Words of this package are the predecessor's where its files show them (location, appointments).
"""
