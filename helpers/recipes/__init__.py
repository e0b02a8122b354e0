"""Long runs behind committed results: one module a lesson, run by ``course results NN``."""
