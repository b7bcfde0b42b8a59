"""Login with X, Facebook and WordPress.com: subclasses of allauth's providers."""
