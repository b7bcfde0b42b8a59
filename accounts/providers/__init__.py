"""Log-in with X, Facebook and WordPress.com: thin layers over allauth's own, or the one it lacks."""
