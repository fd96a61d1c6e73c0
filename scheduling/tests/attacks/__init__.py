"""What an attacker tries, one test for each attempt, each with the requirement of ASVS 5 that it holds."""
