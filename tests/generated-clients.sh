#!/usr/bin/env bash
# Makes clients of the API document of a running server by NSwag, Kiota and openapi-typescript, and compiles them. Needs the network for these tools, so it is
# not part of the specs; FirstCallDocumentationSpecs holds what made clients fail.
# usage: tests/generated-clients.sh [address]      default http://127.0.0.1:8080
set -euo pipefail
document="${1:-http://127.0.0.1:8080}/swagger/v1/swagger.json"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
curl -sf "$document" > api.json

dotnet new tool-manifest > /dev/null
dotnet tool install NSwag.ConsoleCore > /dev/null
dotnet tool install Microsoft.OpenApi.Kiota > /dev/null

dotnet new classlib -o nswag > /dev/null && rm nswag/Class1.cs
dotnet nswag openapi2csclient /input:api.json /output:nswag/Client.cs /namespace:Generated /jsonLibrary:SystemTextJson > /dev/null
dotnet build nswag -nologo -v q && echo "NSwag: compiles"

dotnet new classlib -o kiota > /dev/null && rm kiota/Class1.cs
dotnet kiota generate -l CSharp -d api.json -o kiota/Generated -n Generated -c Client > /dev/null
dotnet add kiota package Microsoft.Kiota.Bundle > /dev/null
dotnet build kiota -nologo -v q && echo "Kiota: compiles"

npm init -y > /dev/null && npm install --silent openapi-typescript typescript
npx openapi-typescript api.json -o api.ts > /dev/null
npx tsc --strict --noEmit --skipLibCheck api.ts && echo "openapi-typescript: compiles"
