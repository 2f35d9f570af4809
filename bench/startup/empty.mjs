// What a program costs that does nothing.
console.log('listening 0')
