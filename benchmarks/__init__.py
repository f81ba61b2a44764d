"""What the speed claims rest on: `make bench` runs all, `python -m benchmarks NAME` one of them."""
