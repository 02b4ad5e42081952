"""The tests of fastloss: `reference` and `oracle` say what is right, `cases` what is tried."""
