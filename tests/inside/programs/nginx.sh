# nginx: workers of another user, a file by sendfile, a reload.
set -e
head -c 3000000 /dev/zero >/var/www/html/zeros
nginx
curl -s http://127.0.0.1/zeros | wc -c
curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1/none
echo changed >/var/www/html/page
nginx -s reload
curl -s http://127.0.0.1/page
ps -o user= -C nginx | sort -u | tr '\n' ' '
echo
nginx -s quit
while [ -e /run/nginx.pid ]; do sleep 0.1; done
