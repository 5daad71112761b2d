using System.Net;
using System.Text;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Fronts.OpenInference;

public sealed class InferEndpointSpecs : IDisposable
{
    private static readonly int[] s_first = [.. Enumerable.Range(0, 16)];
    private static readonly int[] s_second = [.. Enumerable.Repeat(-1, 16)];

    private readonly TensorServer _server = new();
    private readonly HttpClient _client;

    public InferEndpointSpecs() => _client = _server.CreateClient();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string SimpleAsJson =>
        $$"""{"id":"42","inputs":[{"name":"INPUT0","datatype":"INT32","shape":[1,16],"data":[{{JsonSerializer.Serialize(s_first)}}]},{"name":"INPUT1","datatype":"INT32","shape":[1,16],"data":{{JsonSerializer.Serialize(s_second)}}}]}""";

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Takes_a_byte_order_mark_before_the_JSON()
    {
        JsonElement answer = await _client.Infer("simple", "\uFEFF" + SimpleAsJson).Ok();

        Assert.Equal(s_first.Select(number => number - 1f), answer.Output("OUTPUT0").Numbers());
    }

    [Fact]
    public async Task Answers_nested_and_flat_arrays_with_the_clients_own_id()
    {
        JsonElement answer = await _client.Infer("simple", SimpleAsJson).Ok();

        Assert.Equal("simple", answer.GetProperty("model_name").GetString());
        Assert.Equal("1", answer.GetProperty("model_version").GetString());
        Assert.Equal("42", answer.GetProperty("id").GetString());
        Assert.Equal(s_first.Select(number => number - 1f), answer.Output("OUTPUT0").Numbers());
        Assert.Equal(s_first.Select(number => number + 1f), answer.Output("OUTPUT1").Numbers());
        Assert.Equal("INT32", answer.Output("OUTPUT0").GetProperty("datatype").GetString());
        Assert.Equal([1, 16], answer.Output("OUTPUT0").GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt32()));
        Assert.True(answer.GetProperty("parameters").GetProperty("deq_converged").GetBoolean());
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("gzip", "deflate")]
    [InlineData("deflate", "gzip")]
    public async Task Takes_and_gives_bytes_plain_or_compressed(string sent, string wanted)
    {
        const string Json = """
            {"parameters":{"binary_data_output":true},
             "inputs":[{"name":"INPUT1","datatype":"INT32","shape":[20,16],"parameters":{"binary_data_size":1280}},
                       {"name":"INPUT0","datatype":"INT32","shape":[20,16],"parameters":{"binary_data_size":1280}}]}
            """;
        int[] first = [.. Enumerable.Range(0, 320)];
        int[] second = [.. Enumerable.Range(1000, 320)];
        HttpContent body = InferRequests.Body(Json, [.. InferRequests.Bytes(second), .. InferRequests.Bytes(first)]);
        body = sent.Length > 0 ? await body.Compressed(sent) : body;
        using HttpRequestMessage request = InferRequests.Accepting(TensorServer.Simple + "/infer", body, wanted.Length > 0 ? wanted : "identity");

        using HttpResponseMessage response = await _client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(wanted.Length > 0 ? [wanted] : [], response.Content.Headers.ContentEncoding);
        (JsonElement json, byte[] bytes) = await response.Parts();
        Assert.Equal(1280, json.Output("OUTPUT1").GetProperty("parameters").GetProperty("binary_data_size").GetInt32());
        Assert.Equal(first.Zip(second, (one, other) => one + other), InferRequests.Numbers<int>(bytes[..1280]));
        Assert.Equal(first.Zip(second, (one, other) => one - other), InferRequests.Numbers<int>(bytes[1280..]));
    }

    [Fact]
    public async Task Gives_each_output_in_its_own_way_and_only_what_is_wanted()
    {
        string json = SimpleAsJson[..^1] + """,  "outputs":[{"name":"OUTPUT1","parameters":{"binary_data":true}},{"name":"deq_evaluations"},{"name":"deq_stop"}]}""";

        using HttpResponseMessage response = await _client.Infer("simple", json);

        (JsonElement answer, byte[] bytes) = await response.Parts();
        Assert.Equal(s_first.Select(number => number + 1), InferRequests.Numbers<int>(bytes));
        Assert.Equal(["OUTPUT1", "deq_evaluations", "deq_stop"], answer.GetProperty("outputs").EnumerateArray().Select(output => output.GetProperty("name").GetString()));
        Assert.Equal("tolerance", Assert.Single(answer.Output("deq_stop").GetProperty("data").EnumerateArray()).GetString());
        Assert.Equal(answer.GetProperty("parameters").GetProperty("deq_evaluations").GetSingle(), Assert.Single(answer.Output("deq_evaluations").Numbers()));
    }

    [Fact]
    public async Task Solves_each_row_as_it_would_alone_and_as_classify_does()
    {
        float[][] images = [TinyBundle.Image(1), TinyBundle.Image(2), TinyBundle.Image(3)];
        const string Outputs = """,  "outputs":[{"name":"logits"},{"name":"z"},{"name":"deq_residual"}]}""";

        JsonElement together = await _client.Infer("tiny", $$"""{"inputs":[{{InferRequests.Input("image", [3, 1, 8, 8], [.. images.SelectMany(image => image)])}}]{{Outputs}}""").Ok();

        float[] logits = together.Output("logits").Numbers();
        for (int row = 0; row < images.Length; row++)
        {
            JsonElement alone = await _client.Infer("tiny", $$"""{"inputs":[{{InferRequests.Input("image", [1, 1, 8, 8], images[row])}}]{{Outputs}}""").Ok();
            JsonElement classified = await _client.PostAsync("/api/v1/models/tiny/classify", Calls.Tensor("1,8,8", images[row]), Cancellation).Ok();
            Assert.Equal(alone.Output("logits").Numbers(), logits.AsSpan(row * TinyBundle.Classes, TinyBundle.Classes).ToArray(), (one, other) => Math.Abs(one - other) < 1e-5);
            Assert.Equal(TinyBundle.StateWidth, alone.Output("z").Numbers().Length);
            Assert.Equal(classified.Solve().GetProperty("residual").GetDouble(), alone.Output("deq_residual").Numbers()[0], 1e-6);
            Assert.Equal(classified.Solve().GetProperty("evaluations").GetInt32(), alone.GetProperty("parameters").GetProperty("deq_evaluations").GetInt32());
            Assert.Equal(
                classified.GetProperty("predictions")[0].GetProperty("index").GetInt32(), Array.IndexOf(alone.Output("logits").Numbers(), alone.Output("logits").Numbers().Max()));
        }
    }

    [Fact]
    public async Task Grants_what_the_parameters_ask_and_says_what_was_clamped()
    {
        string input = InferRequests.Input("image", [1, 1, 8, 8], TinyBundle.Image(1));

        JsonElement one = await _client.Infer("tiny", $$"""{"parameters":{"deq_max_evaluations":1,"deq_solver":"picard","timeout":5000000,"others":"say"},"inputs":[{{input}}]}""").Ok();
        JsonElement most = await _client.Infer("tiny", $$"""{"parameters":{"deq_max_evaluations":100000,"deq_budget":"exact"},"inputs":[{{input}}]}""").Ok();
        JsonElement longest = await _client.Infer("tiny", $$"""{"parameters":{"timeout":9223372036854775807},"inputs":[{{input}}]}""").Ok();
        JsonElement refused = await _client.Infer("tiny", $$"""{"parameters":{"deq_max_evaluations":1,"deq_require_converged":true},"inputs":[{{input}}]}""").Problem(ProblemKinds.NotConverged);

        JsonElement facts = one.GetProperty("parameters");
        Assert.Equal(
            (false, "evaluations", 1, "picard", 5000),
            (facts.GetProperty("deq_converged").GetBoolean(), facts.GetProperty("deq_stop").GetString(), facts.GetProperty("deq_evaluations").GetInt32(),
                facts.GetProperty("deq_solver").GetString(), facts.GetProperty("deq_deadline_ms").GetInt32()));
        Assert.Equal("deq_max_evaluations", most.GetProperty("parameters").GetProperty("deq_clamped").GetString());
        Assert.Equal("exact", most.GetProperty("parameters").GetProperty("deq_budget").GetString());
        Assert.Equal("deq_deadline_ms", longest.GetProperty("parameters").GetProperty("deq_clamped").GetString());
        Assert.Equal(30_000, longest.GetProperty("parameters").GetProperty("deq_deadline_ms").GetInt32());
        Assert.Equal(refused.Detail(), refused.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Names_the_largest_classes_where_that_is_wanted()
    {
        string input = InferRequests.Input("image", [1, 1, 8, 8], TinyBundle.Image(1));

        JsonElement answer = await _client.Infer("tiny", $$"""{"inputs":[{{input}}],"outputs":[{"name":"logits","parameters":{"classification":2} }]}""").Ok();
        JsonElement classified = await _client.PostAsync("/api/v1/models/tiny/classify?top=2", Calls.Tensor("1,8,8", TinyBundle.Image(1)), Cancellation).Ok();

        JsonElement logits = answer.Output("logits");
        Assert.Equal("BYTES", logits.GetProperty("datatype").GetString());
        Assert.Equal(classified.Labels(), logits.GetProperty("data").EnumerateArray().Select(text => text.GetString()!.Split(':')[2]));
    }

    [Fact]
    public async Task Estimates_the_flow_between_frames_as_their_pictures_do()
    {
        (byte[] first, byte[] second) = (Pictures.Grey(24, 16, 1), Pictures.Grey(24, 16, 2));
        const string Json = """
            {"parameters":{"binary_data_output":true},
             "inputs":[{"name":"frame1","datatype":"UINT8","shape":[1,16,24,3],"parameters":{"binary_data_size":1152}},
                       {"name":"frame2","datatype":"UINT8","shape":[1,16,24,3],"parameters":{"binary_data_size":1152}}]}
            """;
        byte[] colours = [.. first.Concat(second).SelectMany(grey => new[] { grey, grey, grey })];

        using HttpResponseMessage response = await _client.Infer(TinyFlowBundle.Name, Json, colours);
        using HttpRequestMessage request = new(HttpMethod.Post, FlowServer.Flow)
        {
            Content = FlowServer.Form(Pictures.Png(first, 24), Pictures.Png(second, 24)),
        };
        request.Headers.Add("Accept", "application/octet-stream");
        using HttpResponseMessage posted = await _client.SendAsync(request, Cancellation);

        (JsonElement json, byte[] bytes) = await response.Parts();
        float[] planes = InferRequests.Numbers<float>(bytes);
        float[] pixels = InferRequests.Numbers<float>(await posted.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal([1, 2, 16, 24], json.Output("flow").GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt32()));
        Assert.Contains(pixels, number => number != 0);
        Assert.Equal(pixels, Enumerable.Range(0, 2 * 384).Select(place => planes[((place % 2) * 384) + (place / 2)]));
    }

    [Fact]
    public async Task Takes_the_bytes_of_the_only_input_alone()
    {
        var body = new ByteArrayContent(InferRequests.Bytes(TinyBundle.Image(1)));
        body.Headers.Add("Inference-Header-Content-Length", "0");

        using HttpResponseMessage response = await _client.PostAsync("/v2/models/tiny/infer", body, Cancellation);
        JsonElement asked = await _client.Infer("tiny", $$"""{"inputs":[{{InferRequests.Input("image", [1, 1, 8, 8], TinyBundle.Image(1))}}]}""").Ok();

        (JsonElement _, byte[] bytes) = await response.Parts();
        Assert.Equal(asked.Output("logits").Numbers(), InferRequests.Numbers<float>(bytes), (one, other) => Math.Abs(one - other) < 1e-5);
    }

    [Theory]
    [InlineData("nonesuch", "", "Request for unknown model")]
    [InlineData("simple", "/versions/2", "Request for unknown model")]
    [InlineData("..%2F..%2Fetc%2Fpasswd", "", "")]
    public async Task Says_of_an_unknown_model_what_clients_look_for(string model, string version, string begin)
    {
        JsonElement problem = await _client.PostAsync($"/v2/models/{model}{version}/infer", InferRequests.Body(SimpleAsJson), Cancellation).Problem(ProblemKinds.ModelNotFound);

        Assert.StartsWith(begin, problem.GetProperty("error").GetString());
        Assert.DoesNotContain("etc/passwd", problem.ToString());
    }

    [Fact]
    public async Task Refuses_encodings_that_it_does_not_know_and_bodies_that_unpack_to_too_much()
    {
        HttpContent bomb = await InferRequests.Body(SimpleAsJson + new string(' ', 9 << 20)).Compressed("gzip");
        HttpContent torn = Calls.Bytes([1, 2, 3], "application/json");
        torn.Headers.ContentEncoding.Add("gzip");
        HttpContent unknown = InferRequests.Body(SimpleAsJson);
        unknown.Headers.ContentEncoding.Add("br");

        await _client.PostAsync(TensorServer.Simple + "/infer", bomb, Cancellation).Problem(ProblemKinds.BodyTooLarge);
        await _client.PostAsync(TensorServer.Simple + "/infer", torn, Cancellation).Problem(ProblemKinds.MalformedRequest);
        await _client.PostAsync(TensorServer.Simple + "/infer", unknown, Cancellation).Problem(ProblemKinds.UnsupportedMediaType);
        await _client.PostAsync(TensorServer.Simple + "/infer", null, Cancellation).Problem(ProblemKinds.MissingBody);
    }

    [Theory]
    [InlineData("gzip", 1)]
    [InlineData("gzip", 4)]
    [InlineData("gzip", 8)]
    [InlineData("gzip", 30)]
    [InlineData("deflate", 1)]
    [InlineData("deflate", 4)]
    [InlineData("deflate", 30)]
    public async Task Refuses_a_compressed_body_that_is_cut_short(string encoding, int missing)
    {
        byte[] whole = await (await InferRequests.Body(SimpleAsJson).Compressed(encoding)).ReadAsByteArrayAsync(Cancellation);

        JsonElement problem = await PostEncoded(whole[..^missing], encoding).Problem(ProblemKinds.MalformedRequest);

        await PostEncoded(whole, encoding).Ok();
        Assert.Contains(encoding, problem.Detail());
    }

    [Theory]
    [InlineData("78BB0000000061616161616161616161616161616161", "deflate")]
    [InlineData("789CFFFFFFFF", "deflate")]
    [InlineData("1F8B09000000000000036161616161616161", "gzip")]
    [InlineData("1F8B080000000000000361616161616161616161", "gzip")]
    [InlineData("1F8B", "gzip")]
    [InlineData("78", "deflate")]
    public async Task Refuses_a_body_that_is_not_what_its_encoding_says(string hexadecimal, string encoding)
    {
        await PostEncoded(Convert.FromHexString(hexadecimal), encoding).Problem(ProblemKinds.MalformedRequest);
    }

    [Theory]
    [InlineData("gzip", "00")]
    [InlineData("gzip", "1F")]
    [InlineData("gzip", "1F8B")]
    [InlineData("gzip", "7B7D")]
    [InlineData("gzip", "000000000000000000")]
    [InlineData("deflate", "00")]
    [InlineData("deflate", "789C")]
    [InlineData("deflate", "7B7D")]
    public async Task Refuses_a_compressed_body_that_something_follows(string encoding, string hexadecimal)
    {
        byte[] whole = await (await InferRequests.Body(SimpleAsJson).Compressed(encoding)).ReadAsByteArrayAsync(Cancellation);

        JsonElement problem = await PostEncoded([.. whole, .. Convert.FromHexString(hexadecimal)], encoding).Problem(ProblemKinds.MalformedRequest);

        Assert.Contains(encoding, problem.Detail());
    }

    [Fact]
    public async Task Takes_a_gzip_of_several_members()
    {
        byte[] whole = await (await InferRequests.Body(SimpleAsJson).Compressed("gzip")).ReadAsByteArrayAsync(Cancellation);
        byte[] blanks = await (await InferRequests.Body("  ").Compressed("gzip")).ReadAsByteArrayAsync(Cancellation);

        await PostEncoded([.. whole, .. blanks], "gzip").Ok();
    }

    private Task<HttpResponseMessage> PostEncoded(byte[] body, string encoding)
    {
        ByteArrayContent content = Calls.Bytes(body, "application/json");
        content.Headers.ContentEncoding.Add(encoding);
        return _client.PostAsync(TensorServer.Simple + "/infer", content, Cancellation);
    }

    [Fact]
    public async Task Survives_mutated_requests_with_a_client_error_each()
    {
        var random = new Random(7);
        byte[] good = Encoding.UTF8.GetBytes(SimpleAsJson);
        for (int round = 0; round < 1000; round++)
        {
            byte[] body = [.. good];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            ByteArrayContent content = Calls.Bytes(body[..random.Next(1, body.Length + 1)], "application/json");
            if (round % 3 == 0)
            {
                content.Headers.Add("Inference-Header-Content-Length", $"{random.Next(-1, body.Length + 2)}");
            }

            using HttpResponseMessage response = await _client.PostAsync(TensorServer.Simple + "/infer", content, Cancellation);

            Assert.True((int)response.StatusCode is 200 or (>= 400 and < 500), $"{response.StatusCode}: {Encoding.UTF8.GetString(body)}");
        }
    }
}
