// An empty program, for comparison.
console.log('listening 0')
