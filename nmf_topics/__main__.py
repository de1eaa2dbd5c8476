"""`python -m nmf_topics`."""

from nmf_topics.cli.main import main

if __name__ == "__main__":
    main()
