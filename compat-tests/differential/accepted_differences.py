# SPDX-License-Identifier: Apache-2.0
"""Every answer in which Milena differs from Apache Kafka 4.4.0, and why that is right.

Each entry: (scenario, question, field path, reason). A question is printed as "Fetch v12 its label".
All but the reason are patterns as in a shell, with [ ] taken literally. An entry that no longer
matches anything fails the run.
"""

ACCEPTED = []
