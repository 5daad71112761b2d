# The server with the models of this repository. Described in docs/operations.md.
#   docker build -t deq .
#   docker run --rm -p 8080:8080 deq
#
# For NVIDIA GPUs:
#   docker build -t deq-cuda --build-arg ACCELERATOR=cuda .
#   docker run --rm --gpus all -p 8080:8080 -e Execution__Device=cuda deq-cuda
ARG ACCELERATOR=cpu
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0.401-noble
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0.12-noble

# ONNX Runtime's package is compiled by CUDA 13.0 Update 2 and loads cuDNN 9; the same Ubuntu as RUNTIME_IMAGE.
ARG CUDA_IMAGE=nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04

FROM ${SDK_IMAGE} AS build
ARG ACCELERATOR
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /src

# Packages first: they change less often than code.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY Deq.Runtime/*.csproj Deq.Runtime/*.lock.json Deq.Runtime/
COPY Deq.Api/*.csproj Deq.Api/*.lock.json Deq.Api/
RUN dotnet restore Deq.Api --use-current-runtime -p:Accelerator=${ACCELERATOR}

COPY .editorconfig ./
COPY Deq.Runtime/ Deq.Runtime/
COPY Deq.Api/ Deq.Api/
COPY docs/samples/ docs/samples/
RUN dotnet publish Deq.Api --configuration Release --no-restore --use-current-runtime --self-contained false \
    --output /app -p:Accelerator=${ACCELERATOR}

FROM ${RUNTIME_IMAGE} AS cpu

FROM ${CUDA_IMAGE} AS cuda
COPY --from=cpu /usr/share/dotnet/ /usr/share/dotnet/
ENV PATH=/usr/share/dotnet:${PATH} DOTNET_ROOT=/usr/share/dotnet DOTNET_RUNNING_IN_CONTAINER=true

FROM ${ACCELERATOR}
ENV ORT_DISABLE_TELEMETRY=1 \
    DOTNET_EnableDiagnostics=0 \
    ASPNETCORE_ENVIRONMENT=Production \
    ASPNETCORE_HTTP_PORTS= \
    ASPNETCORE_URLS=http://+:8080 \
    Ensembles__Database=/var/lib/deq/trust.db \
    Engine__CacheDirectory=/var/lib/deq/layouts \
    Models__CacheDirectory=/var/lib/deq/models
WORKDIR /app
COPY --from=build /app ./
COPY models/ ./models/
COPY ensembles/ ./ensembles/

# What ensembles learn from feedback, what layouts cost, and fetched models; a volume here keeps them.
RUN mkdir -p /var/lib/deq && chown 1654:1654 /var/lib/deq
USER 1654
EXPOSE 8080

# The image has no curl; bash opens the connection itself. It names the first host of AllowedHosts: localhost for *, first.example for *.example.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "\
        host=${AllowedHosts:-*}; host=${host%%;*}; host=${host/#'*'./first.}; [[ $host == '*' ]] && host=localhost; \
        exec 3<>/dev/tcp/127.0.0.1/8080 \
        && printf 'GET /healthz/ready HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n' \"$host\" >&3 \
        && read -r status <&3 && [[ $status == *' 200 '* ]]"]

ENTRYPOINT ["dotnet", "Deq.Api.dll"]
