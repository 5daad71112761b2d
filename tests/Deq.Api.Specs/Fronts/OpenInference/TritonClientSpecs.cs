using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Deq.Api.Specs.Servers;
using Deq.Testing;

namespace Deq.Api.Specs.Fronts.OpenInference;

/// <summary>NVIDIA's own examples, unmodified, where <c>DEQ_TRITON_CLIENT</c> names a folder with <c>src/python</c> of their client and what it generates for gRPC.</summary>
public sealed class TritonClientSpecs
{
    private const string Folder = "DEQ_TRITON_CLIENT";

    [Theory]
    [InlineData("simple_http_infer_client.py")]
    [InlineData("simple_http_infer_client.py", "--request-compression-algorithm", "gzip", "--response-compression-algorithm", "deflate")]
    [InlineData("simple_http_infer_client.py", "--request-compression-algorithm", "deflate", "--response-compression-algorithm", "gzip")]
    [InlineData("simple_http_async_infer_client.py")]
    [InlineData("simple_http_aio_infer_client.py")]
    [InlineData("simple_http_health_metadata.py")]
    public async Task Ends_with_success_over_REST(string script, params string[] arguments)
    {
        string client = Client();
        using var server = new TensorServer(("OpenInference:ServerName", "triton"));
        server.UseKestrel();
        using HttpClient http = server.CreateClient();

        await Run(client, script, [http.BaseAddress!.Authority, .. arguments]);
    }

    [Theory]
    [InlineData("simple_grpc_infer_client.py")]
    [InlineData("simple_grpc_async_infer_client.py")]
    [InlineData("simple_grpc_aio_infer_client.py")]
    [InlineData("simple_grpc_keepalive_client.py")]
    [InlineData("grpc_explicit_int_content_client.py")]
    public async Task Ends_with_success_over_gRPC(string script)
    {
        string client = Client();
        string address = $"127.0.0.1:{FreePort()}";
        using var server = new TensorServer(("OpenInference:ServerName", "triton"), ("OpenInference:GrpcUrl", $"http://{address}"));
        server.UseKestrel();
        using HttpClient http = server.CreateClient();

        await Run(client, script, [address]);
    }

    private static string Client()
    {
        string? client = Environment.GetEnvironmentVariable(Folder);
        Assert.SkipUnless(client is not null, $"{Folder} is not set.");
        return client;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task Run(string client, string script, string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(client, "src/python/examples", script), "-u", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONPATH"] = Path.Combine(client, "src/python/library");
        using Process process = Process.Start(start)!;
        (string output, string errors) = await Bounded.End(process, TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, $"{output}\n{errors}");
    }
}
