"""The whole system under a long, mixed load: does any of its processes grow?"""
