#!/usr/bin/env bash
# Makes clients of the API document by NSwag, Kiota and openapi-typescript, and compiles them. GeneratedClientSpecs runs it.
# usage: tests/generated-clients.sh api.json
# exit code: 0 all compile; 1 one does not; 3 a generator cannot be installed here.
set -uo pipefail
document=$(realpath "${1:?The path of the API document}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
cp "$document" api.json
# Nothing that compiles here outlives the script.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

need() { "$@" > install.log 2>&1 || { echo "not at hand: $*"; tail -3 install.log; exit 3; }; }
must() { local client="$1"; shift; "$@" > step.log 2>&1 || { echo "$client: $*"; tail -30 step.log; exit 1; }; }

command -v npm > /dev/null || { echo "not at hand: npm"; exit 3; }
need npm init -y
need npm install --silent openapi-typescript@7.13.0 typescript@5.9.3
need dotnet new tool-manifest
need dotnet tool install NSwag.ConsoleCore --version 14.8.0
need dotnet tool install Microsoft.OpenApi.Kiota --version 1.38.0

need dotnet new classlib -o nswag
rm nswag/Class1.cs
must NSwag dotnet nswag openapi2csclient /input:api.json /output:nswag/Client.cs /namespace:Generated /jsonLibrary:SystemTextJson
must NSwag dotnet build nswag -nologo -v q
echo "NSwag: compiles"

need dotnet new classlib -o kiota
rm kiota/Class1.cs
must Kiota dotnet kiota generate -l CSharp -d api.json -o kiota/Generated -n Generated -c Client
for part in Abstractions Http.HttpClientLibrary Serialization.Form Serialization.Json Serialization.Multipart Serialization.Text; do
  need dotnet add kiota package "Microsoft.Kiota.$part" --version 2.1.6
done
must Kiota dotnet build kiota -nologo -v q
echo "Kiota: compiles"

must openapi-typescript npx openapi-typescript api.json -o api.ts
must openapi-typescript npx tsc --strict --noEmit --skipLibCheck api.ts
echo "openapi-typescript: compiles"
