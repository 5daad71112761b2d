using System.Diagnostics;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Fronts.OpenInference;

/// <summary>NVIDIA's own examples, unmodified, where <c>DEQ_TRITON_CLIENT</c> names a folder with <c>src/python</c> of their client.</summary>
public sealed class TritonClientSpecs
{
    private const string Folder = "DEQ_TRITON_CLIENT";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("simple_http_infer_client.py")]
    [InlineData("simple_http_infer_client.py", "--request-compression-algorithm", "gzip", "--response-compression-algorithm", "deflate")]
    [InlineData("simple_http_infer_client.py", "--request-compression-algorithm", "deflate", "--response-compression-algorithm", "gzip")]
    [InlineData("simple_http_async_infer_client.py")]
    [InlineData("simple_http_aio_infer_client.py")]
    [InlineData("simple_http_health_metadata.py")]
    public async Task Ends_with_success(string script, params string[] arguments)
    {
        string? client = Environment.GetEnvironmentVariable(Folder);
        Assert.SkipUnless(client is not null, $"{Folder} is not set.");
        using var server = new TensorServer(("OpenInference:ServerName", "triton"));
        server.UseKestrel();
        using HttpClient http = server.CreateClient();

        var start = new ProcessStartInfo(
            "/usr/bin/python3", [Path.Combine(client, "src/python/examples", script), "-u", http.BaseAddress!.Authority, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONPATH"] = Path.Combine(client, "src/python/library");
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(Cancellation);
        string errors = await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);

        Assert.True(process.ExitCode == 0, $"{await output}\n{errors}");
    }
}
