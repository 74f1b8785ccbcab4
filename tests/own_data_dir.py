"""A pytest plugin: each run keeps its state in a folder of its own.

Loaded by name before Django's settings, which make the folder they are told.
"""

import atexit
import os
import shutil
import tempfile

if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="portal-tests-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
