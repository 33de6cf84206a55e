"""What does the program do with inputs that nobody thought of?"""
