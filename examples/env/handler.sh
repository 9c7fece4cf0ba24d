#!/bin/sh
# A function as a program: started for each request, it shows what the request was.
echo "method  $Http_Method"
echo "path    $Http_Path"
echo "query   $Http_Query"
echo "body    $(cat)"
