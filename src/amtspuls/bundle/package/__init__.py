"""A publishable data package out of sealed weeks: docs/how-to/publish-a-package.md."""
