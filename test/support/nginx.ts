/** A configuration of nginx around what a test is about, for one worker that keeps its files in the folder. */
export function nginxSettings(folder: string, inHttp: string): string {
  return `
${/* As root, it would have its worker be another user. */ process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${inHttp}
}
`
}
