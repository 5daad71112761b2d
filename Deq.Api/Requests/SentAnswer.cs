using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>Sends the bytes of an answer, large ones in pieces and counted to the client's share until they are sent.</summary>
/// <remarks>
/// The web server copies all of one write into its own blocks before it waits for the client, so clients that read nothing would hold a second copy of
/// every answer. Of pieces that are awaited one by one it copies no more than its response buffer and a piece.
/// </remarks>
internal static class SentAnswer
{
    /// <summary>Bytes of a piece. An answer of no more is sent by one write and not counted.</summary>
    public const int PieceBytes = 64 << 10;

    /// <summary>Bytes that a connection holds of an answer that is kept for all clients: the web server's buffer, a piece that waits for room in it, and the block through which a file is read.</summary>
    public const int CopiedBytes = 3 * PieceBytes;

    /// <summary>Counts an answer's bytes to the share of its request, which is disposed once they are sent.</summary>
    /// <param name="share">The request's.</param>
    /// <param name="bytes">Of the whole answer, of which nothing has been sent.</param>
    /// <exception cref="ProblemException">The client's share has no room for them.</exception>
    public static void AddAnswer(this HeldBodies.Share share, long bytes)
    {
        if (bytes > PieceBytes)
        {
            share.Add(bytes);
        }
    }

    /// <summary>Sends a body whose bytes are counted already; see <see cref="AddAnswer"/>.</summary>
    public static ValueTask SendAsync(this HttpContext http, ReadOnlyMemory<byte> body) => body.Length <= PieceBytes
        ? http.Response.Body.WriteAsync(body, http.RequestAborted)
        : SendPiecesAsync(http, body);

    /// <summary>Sends an answer that is kept for all clients. What its connection holds of it is counted to the client's share meanwhile; without room there the answer is the problem.</summary>
    /// <param name="http">Nothing of its answer has been sent.</param>
    /// <param name="bytes">Of the whole answer.</param>
    /// <param name="send">Sends it in pieces.</param>
    public static async Task SendKeptAsync(this HttpContext http, long bytes, Func<Task> send)
    {
        using HeldBodies.Share share = http.RequestServices.GetRequiredService<HeldBodies>().OpenInDebt("", ClientLimit.ClientOf(http));
        try
        {
            share.Add(Math.Min(bytes, CopiedBytes));
        }
        catch (ProblemException problem)
        {
            await http.WriteProblemAsync(problem);
            return;
        }

        await send();
    }

    private static async ValueTask SendPiecesAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        OpenConnections connections = http.RequestServices.GetRequiredService<OpenConnections>();
        for (int at = 0; at < body.Length; at += PieceBytes)
        {
            await http.Response.Body.WriteAsync(body.Slice(at, Math.Min(PieceBytes, body.Length - at)), http.RequestAborted);
            connections.NoteSent();
        }
    }
}
