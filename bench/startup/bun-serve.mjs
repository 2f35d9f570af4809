const fetch = () => new Response('hello')
const server = Bun.serve({ hostname: '127.0.0.1', port: 0, http2: true, fetch })
console.log(`listening ${server.port}`)
