module milena/words

go 1.26.0
