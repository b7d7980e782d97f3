"""What makes a release of a commit: `deploy/release/release`. The standard library and git do."""
