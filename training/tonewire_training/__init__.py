"""Training room of tonewire: prepares data, trains, calibrates, exports and scores the shipped model."""
