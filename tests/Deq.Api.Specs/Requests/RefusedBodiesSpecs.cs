using System.Net.Sockets;
using System.Text;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Requests;

public sealed class RefusedBodiesSpecs : IAsyncLifetime
{
    private const int MiB = 1 << 20;

    private readonly TemporaryFolder _models = new();
    private ServerProcess? _server;
    private HttpClient? _client;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        TinyBundle.Write(_models["tiny"]);
        (_server, _client) = await ServerProcess.Start($"--Models:Directory={_models.Path}", "--Limits:BodyBytes=1000");
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _models.Dispose();
    }

    [Fact]
    public async Task A_client_that_sends_before_it_reads_gets_the_problem_and_keeps_its_connection()
    {
        using var connection = new TcpClient(_client!.BaseAddress!.Host, _client.BaseAddress.Port);
        NetworkStream stream = connection.GetStream();
        for (int time = 0; time < 2; time++)
        {
            await stream.WriteAsync(Head(3 * MiB), Cancellation);
            await stream.WriteAsync(new byte[3 * MiB], Cancellation);
            Assert.StartsWith("HTTP/1.1 413", await AnswerAsync(stream), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_body_that_does_not_end_holds_a_connection_for_seconds_only()
    {
        using var connection = new TcpClient(_client!.BaseAddress!.Host, _client.BaseAddress.Port);
        NetworkStream stream = connection.GetStream();
        await stream.WriteAsync(Head(3 * MiB), Cancellation);
        Assert.StartsWith("HTTP/1.1 413", await AnswerAsync(stream), StringComparison.Ordinal);

        int read;
        try
        {
            read = await stream.ReadAsync(new byte[100], Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        }
        catch (IOException)
        {
            read = 0;
        }

        Assert.Equal(0, read);
    }

    private static byte[] Head(int length) => Encoding.ASCII.GetBytes($"POST /api/v1/models/tiny/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: {length}\r\n\r\n");

    private static async Task<string> AnswerAsync(NetworkStream stream)
    {
        byte[] bytes = new byte[8192];
        int length = 0;
        string text = "";
        do
        {
            length += await stream.ReadAsync(bytes.AsMemory(length), Cancellation);
            text = Encoding.UTF8.GetString(bytes, 0, length);
        }
        while (!text.EndsWith("0\r\n\r\n", StringComparison.Ordinal) && !text.EndsWith('}'));

        return text;
    }
}
