package main

// ansi is false: a console has to be told to understand colours first.
const ansi = false
