"""The pages of accounts, one file for each thing that people come for."""
