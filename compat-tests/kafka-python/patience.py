# SPDX-License-Identifier: Apache-2.0
"""How long kafka-python may take."""

import kafka

WAIT_MS = 120000
# How long the first connection may take: by default two seconds in release 2.
_FIRST = "bootstrap_timeout_ms" if kafka.__version__ >= "3" else "api_version_auto_timeout_ms"
PATIENCE = {_FIRST: WAIT_MS}
