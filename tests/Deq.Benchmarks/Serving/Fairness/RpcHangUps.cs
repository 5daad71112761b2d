using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Deq.Benchmarks.Serving.Door;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>Clients of gRPC that hang up: by a reset of the call or of the connection.</summary>
internal static class RpcHangUps
{
    /// <summary>The endpoint, as results name it.</summary>
    public const string Name = "infer, gRPC";

    private const int MostWaitMs = 60;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static readonly byte[] s_call = RpcRequests.Framed(RpcRequests.Body(new LoadMix(seed: 3).Endless().First().Body));

    /// <summary>Calls on a connection of its own, and leaves.</summary>
    /// <param name="server">Where gRPC is served.</param>
    /// <param name="moment">0 after the head, 1 in the body, 2 while it waits, 3 once the answer has begun.</param>
    /// <param name="random">Chooses how much is sent and how long it waits.</param>
    /// <returns>The status of the answer where it was read; null where the client left before.</returns>
    public static async Task<string?> LeaveAsync(ClientAddress server, int moment, Random random)
    {
        Socket? socket = null;
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellation) => new NetworkStream(socket = await server.ConnectAsync(cancellation), ownsSocket: true),
        };
        using var client = new HttpClient(handler) { BaseAddress = server.Server };
        int sent = moment switch { 0 => 0, 1 => random.Next(s_call.Length), _ => s_call.Length };
        using var message = new HttpRequestMessage(HttpMethod.Post, RpcRequests.Path)
        {
            Content = new PartOfACall(s_call.AsMemory(0, sent), isWhole: moment > 1),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.TryAddWithoutValidation("TE", "trailers");
        using var leave = new CancellationTokenSource(moment < 3 ? TimeSpan.FromMilliseconds(random.Next(1, MostWaitMs)) : s_patience);
        try
        {
            using HttpResponseMessage response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, leave.Token);
            return moment < 3 ? null : $"{(int)response.StatusCode}{(response.Headers.TryGetValues("grpc-status", out IEnumerable<string>? status) ? $" {status.First()}" : "")}";
        }
        catch (OperationCanceledException) when (moment < 3)
        {
            // As meant.
            return null;
        }
        finally
        {
            if (random.Next(2) == 0)
            {
                socket?.Close(0);
            }
        }
    }

    /// <summary>The beginning of a call, of which the rest does not come.</summary>
    private sealed class PartOfACall : HttpContent
    {
        private readonly ReadOnlyMemory<byte> _bytes;
        private readonly bool _isWhole;

        public PartOfACall(ReadOnlyMemory<byte> bytes, bool isWhole)
        {
            (_bytes, _isWhole) = (bytes, isWhole);
            Headers.ContentType = new MediaTypeHeaderValue(RpcRequests.Type);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(_bytes, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            if (!_isWhole)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
