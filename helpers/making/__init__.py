"""Behind the door: what makes the shop's data (shop) and the shipped models (grow). Only the command line and tests import it."""
