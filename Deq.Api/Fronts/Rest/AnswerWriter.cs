using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.Rest;

/// <summary>Sends answers of known length, so that head and body leave together and a client has all of it before the server has tidied up.</summary>
internal static class AnswerWriter
{
    private const string Json = "application/json; charset=utf-8";

    /// <summary>Bytes of an answer that may be copied to the socket on an engine thread; larger ones are left to the thread pool.</summary>
    private const int MostOnEngineThread = 64 << 10;

    /// <summary>Answers 200. Never blocks, however slowly the client reads.</summary>
    /// <param name="http">Nothing of its answer has been sent.</param>
    /// <param name="answer">What is sent; JSON is written with the options of problems.</param>
    /// <param name="mediaType">The type of the answer's body, where it has one.</param>
    /// <param name="share">The request's; large answers are counted to it.</param>
    /// <exception cref="ProblemException">The client's share has no room for the answer, of which nothing has been sent.</exception>
    public static async Task WriteAsync(HttpContext http, TaskAnswer answer, string mediaType, HeldBodies.Share share)
    {
        byte[] body = answer.Body ?? JsonSerializer.SerializeToUtf8Bytes(answer.Json, answer.Json.GetType(), ProblemWriter.Json);
        if (body.Length > MostOnEngineThread)
        {
            await LeaveEngineThreadAsync();
        }

        share.AddAnswer(body.Length);
        foreach ((string name, string value) in answer.Headers)
        {
            http.Response.Headers[name] = value;
        }

        http.Response.ContentType = answer.Body is null ? Json : mediaType;
        http.Response.ContentLength = body.Length;
        await http.SendAsync(body);
    }

    /// <summary>Continues on the thread pool where the current thread is an engine's.</summary>
    public static async Task LeaveEngineThreadAsync()
    {
        if (!Thread.CurrentThread.IsThreadPoolThread)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }
}
