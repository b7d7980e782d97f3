"""The whole platform on one machine: real Kafka, PostgreSQL and mail, from Python packages alone."""

import warnings

# a folder for sockets that we do not use
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
