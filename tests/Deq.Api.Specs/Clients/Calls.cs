using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Clients;

/// <summary>Short ways to call a server and to look at what it answers.</summary>
internal static class Calls
{
    public const string Classify = $"/api/v1/models/{Server.Model}/classify";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A tensor body with its shape header.</summary>
    public static ByteArrayContent Tensor(string shape, params float[] numbers)
    {
        byte[] bytes = new byte[numbers.Length * sizeof(float)];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), numbers[i]);
        }

        ByteArrayContent content = Bytes(bytes, "application/octet-stream");
        content.Headers.Add("X-Tensor-Shape", shape);
        return content;
    }

    public static ByteArrayContent Tensor() => Tensor("1,2,2", 1, 4, 2, 3);

    public static ByteArrayContent Bytes(byte[] bytes, string type)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    public static Task<HttpResponseMessage> Post(this HttpClient client, string query = "", HttpContent? content = null) =>
        client.PostAsync(Classify + query, content ?? Tensor(), Cancellation);

    public static async Task<JsonElement> Json(this HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancellation));

    /// <summary>The body of a 200.</summary>
    public static async Task<JsonElement> Ok(this Task<HttpResponseMessage> call)
    {
        using HttpResponseMessage response = await call;
        JsonElement json = await response.Json();
        Assert.True(response.StatusCode == HttpStatusCode.OK, json.ToString());
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return json;
    }

    /// <summary>The detail of a problem of one kind, whose other members hold what every problem holds.</summary>
    public static async Task<JsonElement> Problem(this Task<HttpResponseMessage> call, ProblemKind kind)
    {
        using HttpResponseMessage response = await call;
        JsonElement problem = await response.Json();
        Assert.Equal(kind.Type, problem.GetProperty("type").GetString());
        Assert.Equal(kind.Status, (int)response.StatusCode);
        Assert.Equal(kind.Status, problem.GetProperty("status").GetInt32());
        Assert.Equal(kind.Title, problem.GetProperty("title").GetString());
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.NotEmpty(problem.GetProperty("traceId").GetString()!);
        Assert.DoesNotContain("   at ", problem.ToString());
        Assert.Equal(kind.Status is 503 or 429, response.Headers.RetryAfter is not null);
        Assert.Equal(kind.Status is 503 or 429, problem.TryGetProperty("retryAfterMs", out JsonElement wait) && wait.GetInt64() > 0);
        return problem;
    }

    /// <summary>Asks for events and reads them all, each with its type.</summary>
    public static async Task<(string Type, JsonElement Data)[]> Events(this HttpClient client, string query = "", HttpContent? content = null)
    {
        using HttpResponseMessage response = await client.Stream(query, content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var events = new List<(string, JsonElement)>();
        await using Stream stream = await response.Content.ReadAsStreamAsync(Cancellation);
        await foreach (SseItem<string> item in SseParser.Create(stream).EnumerateAsync(Cancellation))
        {
            events.Add((item.EventType, JsonElement.Parse(item.Data)));
        }

        return [.. events];
    }

    /// <summary>Asks for events and returns as soon as the answer has begun.</summary>
    public static async Task<HttpResponseMessage> Stream(this HttpClient client, string query = "", HttpContent? content = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Classify + query) { Content = content ?? Tensor() };
        request.Headers.Add("Accept", "text/event-stream");
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }

    public static string Detail(this JsonElement problem) => problem.GetProperty("detail").GetString()!;

    public static JsonElement Solve(this JsonElement answer) => answer.GetProperty("solve");

    public static string[] Labels(this JsonElement answer) =>
        [.. answer.GetProperty("predictions").EnumerateArray().Select(prediction => prediction.GetProperty("label").GetString()!)];
}
