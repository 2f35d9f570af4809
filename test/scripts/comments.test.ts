// `npm run comments` finds words in comments; scripts/comment-scanner.mjs gives it the comments.
import { expect, test } from 'vitest'
import { commentsOf } from '../../scripts/comment-scanner.mjs'

const scripts = {
  'a string': ["const text = '// no' // yes", ['// yes']],
  'an escaped quote': ["const text = '\\'// no' // yes", ['// yes']],
  'a template literal': ['const text = `// no ${call({ a: `}` }) /* yes */} // no`', ['/* yes */']],
  'a regular expression': ['const pattern = /[/"]\\/\\/ no/ // yes', ['// yes']],
  'a division': ["const half = (a + b) / 2 // yes 'til here", ["// yes 'til here"]],
  'a comment of several lines': ['/**\n * yes\n */', ['/**', '* yes', '*/']],
} satisfies Record<string, [string, string[]]>

for (const [what, [text, comments]] of Object.entries(scripts)) {
  test(`the scanner of comments reads ${what} of JavaScript`, () => {
    expect(commentsOf(text, 'js').map((comment) => comment.text)).toEqual(comments)
  })
}

test('the scanner of comments reads characters and strings of C', () => {
  const text = 'char quote = \'"\'; /* yes */ char *s = "/* no */";'
  expect(commentsOf(text, 'c')).toEqual([{ line: 1, text: '/* yes */' }])
})

test('the scanner of comments reads strings and expansions of the shell', () => {
  expect(commentsOf('a="# no"\nb=${a#no} # yes', 'sh')).toEqual([{ line: 2, text: '# yes' }])
})
