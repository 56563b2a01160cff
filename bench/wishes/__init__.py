"""Does an answer hold what was wished for by option, and not one word of babble? Asked of the storybook pair, end to end."""
