using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using static Deq.Api.Specs.Clients.Calls;

namespace Deq.Api.Specs.Requests;

public sealed class PayloadReaderSpecs : IDisposable
{
    private readonly Server _server = new(("Limits:BodyBytes", "8192"), ("Limits:Images", "3"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Client => _server.CreateClient();

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("image/gif")]
    [InlineData("application/json")]
    public async Task With_the_type_of_a_body_names_the_types_there_are(string type)
    {
        JsonElement problem = await Client.Post("", Bytes([1, 2, 3], type)).Problem(ProblemKinds.UnsupportedMediaType);

        Assert.Equal(
            $"Content-Type is '{type}'; accepted are image/png, image/jpeg, image/webp, multipart/form-data, application/octet-stream.",
            problem.Detail());
    }

    [Theory]
    [InlineData("image/jpg")]
    [InlineData("image/pjpeg")]
    [InlineData("image/x-png")]
    [InlineData("IMAGE/JPG; quality=high")]
    public async Task With_a_former_name_of_a_type_is_taken_and_the_bytes_decide(string type)
    {
        byte[] png = Pictures.Png([7], 1);

        await Client.Post("", Bytes([1, 2, 3], type)).Problem(ProblemKinds.UnsupportedImage);
        await Client.Post("", Bytes(png, type)).Ok();
    }

    [Fact]
    public async Task With_empty_fields_and_parameters_is_answered_as_without_them()
    {
        using MultipartFormDataContent form = new() { { new ByteArrayContent(Pictures.Png([7], 1)), "image" }, { new StringContent(""), "budget" } };

        await Client.Post("?maxEvaluations=&priority=", form).Ok();
    }

    [Fact]
    public async Task With_no_body_says_what_is_missing()
    {
        JsonElement none = await Client.PostAsync(Classify, null, Cancellation).Problem(ProblemKinds.MissingBody);
        JsonElement empty = await Client.Post("", Bytes([], "image/png")).Problem(ProblemKinds.MissingBody);

        Assert.Contains("must be an image", none.Detail());
        Assert.Equal(none.Detail(), empty.Detail());
    }

    [Theory]
    [InlineData("image/png", false)]
    [InlineData("image/png", true)]
    [InlineData("application/octet-stream", true)]
    [InlineData("multipart/form-data; boundary=b", true)]
    public async Task With_the_size_of_a_body_names_the_limit_whether_or_not_the_size_was_announced(string type, bool isChunked)
    {
        byte[] bytes = new byte[10_000];
        Encoding.ASCII.GetBytes("--b\r\nContent-Disposition: form-data; name=image\r\n\r\n").CopyTo(bytes, 0);
        HttpContent content = isChunked ? new StreamContent(new MemoryStream(bytes)) : new ByteArrayContent(bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        content.Headers.ContentLength = isChunked ? null : bytes.Length;
        content.Headers.Add("X-Tensor-Shape", "1,2,2");
        using HttpRequestMessage request = new(HttpMethod.Post, Classify) { Content = content };
        request.Headers.TransferEncodingChunked = isChunked;

        JsonElement problem = await Client.SendAsync(request, Cancellation).Problem(ProblemKinds.BodyTooLarge);

        Assert.Equal("A body has at most 8192 bytes.", problem.Detail());
        Assert.Equal(8192, problem.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task With_parts_that_fit_alone_names_the_limit_of_all_together()
    {
        byte[] part = [.. "--b\r\nContent-Disposition: form-data; name=image\r\n\r\n"u8, .. new byte[5000], .. "\r\n"u8];
        byte[] form = [.. part, .. part, .. "--b--\r\n"u8];
        using var content = new StreamContent(new MemoryStream(form));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        content.Headers.ContentLength = null;
        using HttpRequestMessage request = new(HttpMethod.Post, Classify) { Content = content };
        request.Headers.TransferEncodingChunked = true;

        JsonElement problem = await Client.SendAsync(request, Cancellation).Problem(ProblemKinds.BodyTooLarge);

        Assert.Equal("A body has at most 8192 bytes.", problem.Detail());
        Assert.Equal(8192, problem.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task With_the_size_of_a_body_names_the_limit_on_a_real_connection_too()
    {
        using var server = new Server(("Limits:BodyBytes", "8192"));
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        using HttpRequestMessage request = new(HttpMethod.Post, Classify) { Content = Bytes(new byte[200_000], "image/png") };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.ExpectContinue = true;

        JsonElement problem = await client.SendAsync(request, Cancellation).Problem(ProblemKinds.BodyTooLarge);

        Assert.Equal(8192, problem.GetProperty("limit").GetInt32());
    }

    [Fact]
    public async Task With_a_body_that_breaks_the_protocol_says_so()
    {
        using var server = new Server();
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        using var connection = new TcpClient();
        await connection.ConnectAsync(client.BaseAddress!.Host, client.BaseAddress.Port, Cancellation);
        NetworkStream stream = connection.GetStream();

        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST {Classify} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            Cancellation);

        using var reader = new StreamReader(stream);
        string answer = await Bounded.Wait("The end of the connection", reader.ReadToEndAsync, Cancellation);
        Assert.StartsWith("HTTP/1.1 400", answer);
        Assert.Contains(ProblemKinds.MalformedRequest.Type, answer);
    }

    [Fact]
    public async Task With_the_number_of_images_names_the_limit()
    {
        using MultipartFormDataContent form = [];
        for (int i = 0; i < 4; i++)
        {
            form.Add(new ByteArrayContent([1]), "image");
        }

        JsonElement parts = await Client.Post("", form).Problem(ProblemKinds.TooManyImages);
        JsonElement rows = await Client.Post("", Tensor("4,1,2,2", new float[16])).Problem(ProblemKinds.TooManyImages);

        Assert.Equal("A request has at most 3 images.", parts.Detail());
        Assert.Equal(3, rows.GetProperty("limit").GetInt32());
    }

    [Theory]
    [InlineData(null, "X-Tensor-Shape is missing; this model needs 1,2,2, or B,1,2,2 for B images.")]
    [InlineData("1,2,3", "X-Tensor-Shape is '1,2,3'; this model needs 1,2,2, or B,1,2,2 for B images.")]
    [InlineData("-1,1,2,2", "X-Tensor-Shape is '-1,1,2,2'; this model needs 1,2,2, or B,1,2,2 for B images.")]
    [InlineData("0,1,2,2", "X-Tensor-Shape is '0,1,2,2'; this model needs 1,2,2, or B,1,2,2 for B images.")]
    [InlineData("1,1,1,2,2", "X-Tensor-Shape is '1,1,1,2,2'; this model needs 1,2,2, or B,1,2,2 for B images.")]
    [InlineData("9223372036854775808,1,2,2", "X-Tensor-Shape is '9223372036854775808,1,2,2'; this model needs 1,2,2, or B,1,2,2 for B images.")]
    [InlineData("2,1,2,2", "The body has 16 bytes; the shape needs 32, 4 per number.")]
    public async Task With_the_shape_of_a_tensor_names_the_shape_needed(string? shape, string detail)
    {
        ByteArrayContent content = Tensor();
        content.Headers.Remove("X-Tensor-Shape");
        if (shape is not null)
        {
            content.Headers.Add("X-Tensor-Shape", shape);
        }

        JsonElement problem = await Client.Post("", content).Problem(ProblemKinds.TensorShape);

        Assert.Equal(detail, problem.Detail());
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public async Task With_a_number_that_is_not_finite_names_its_place(float number)
    {
        JsonElement problem = await Client.Post("", Tensor("2,1,2,2", 1, 2, 3, 4, 5, 6, number, 8)).Problem(ProblemKinds.NonFiniteTensor);

        Assert.Equal($"Image 2 of 2: Number 2 is {number}.", problem.Detail());
        Assert.Equal(1, problem.GetProperty("image").GetInt32());
    }

    [Theory]
    [InlineData(1e38f, "1E+38")]
    [InlineData(-2e9f, "-2E+09")]
    public async Task With_a_number_too_large_to_be_a_picture_s_names_it_and_the_bounds(float number, string name)
    {
        JsonElement problem = await Client.Post("", Tensor("1,2,2", 1, number, 3, 4)).Problem(ProblemKinds.NonFiniteTensor);

        Assert.Equal($"Number 1 is {name}; it must lie between -1E+09 and 1E+09.", problem.Detail());
    }

    [Fact]
    public async Task That_is_refused_before_it_is_read_is_told_so_however_large_it_is()
    {
        using var server = new Server();
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        using var connection = new TcpClient();
        await connection.ConnectAsync(client.BaseAddress!.Host, client.BaseAddress.Port, Cancellation);
        NetworkStream stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "POST /api/v1/models/none/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 6000000\r\n\r\n"), Cancellation);

        await stream.WriteAsync(new byte[6_000_000], Cancellation);

        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 404 Not Found", await Bounded.Wait("An answer", async end => await reader.ReadLineAsync(end), Cancellation));
    }

    [Theory]
    [InlineData("multipart/form-data", "boundary")]
    [InlineData("multipart/form-data; boundary=b", "ends early")]
    public async Task With_a_form_says_what_is_malformed(string type, string because)
    {
        JsonElement problem = await Client.Post("", Bytes("no form at all"u8.ToArray(), type)).Problem(ProblemKinds.MalformedMultipart);

        Assert.Contains(because, problem.Detail());
    }

    [Fact]
    public async Task With_a_form_without_images_says_so()
    {
        using MultipartFormDataContent form = new() { { new StringContent("2"), "top" } };

        JsonElement problem = await Client.Post("", form).Problem(ProblemKinds.MissingBody);

        Assert.Equal("The form has no part named 'image'.", problem.Detail());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4000)]
    public async Task With_a_part_s_name_is_an_unknown_parameter_whatever_the_size_of_its_file(int bytes)
    {
        using MultipartFormDataContent form = new() { { new ByteArrayContent([1]), "image" }, { new ByteArrayContent(new byte[bytes]), "picture", "cat.png" } };

        JsonElement problem = await Client.Post("", form).Problem(ProblemKinds.UnknownParameter);

        Assert.Equal("Unknown: picture. A file is taken as 'image'.", problem.Detail());
    }

    [Theory]
    [InlineData("Content-Disposition: form-data", "Part 2 has no name;")]
    [InlineData("Content-Disposition: form-data; name=\"\"", "Part 2 has no name;")]
    [InlineData("Content-Disposition: form-data; filename=\"cat.png\"", "Part 2 has no name;")]
    [InlineData("Content-Type: text/plain", "Part 2 has no Content-Disposition;")]
    public async Task With_a_part_without_a_name_says_which_and_what_is_taken(string header, string because)
    {
        string form = $"--b\r\nContent-Disposition: form-data; name=\"top\"\r\n\r\n2\r\n--b\r\n{header}\r\n\r\nabc\r\n--b--\r\n";

        JsonElement problem = await Client.Post("", Bytes(Encoding.ASCII.GetBytes(form), "multipart/form-data; boundary=b")).Problem(ProblemKinds.MalformedMultipart);

        Assert.StartsWith(because, problem.Detail(), StringComparison.Ordinal);
        Assert.EndsWith("or of a file: image.", problem.Detail(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Calls.Classify + "?=2")]
    [InlineData("/api/v1/streams?=2")]
    public async Task Names_a_parameter_without_a_name_as_such(string path)
    {
        JsonElement problem = await Client.PostAsync(path, Calls.Tensor(), Cancellation).Problem(ProblemKinds.UnknownParameter);

        Assert.StartsWith("Unknown: an empty name. Known: ", problem.Detail(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_too_many_or_too_long_fields_names_the_limit()
    {
        using MultipartFormDataContent many = [];
        for (int i = 0; i < 33; i++)
        {
            many.Add(new StringContent("2"), "top");
        }

        using MultipartFormDataContent endless = new() { { new StringContent(new string('2', 300)), "top" } };

        Assert.Contains("at most 32 fields", (await Client.Post("", many).Problem(ProblemKinds.MalformedMultipart)).Detail());
        Assert.Contains("at most 256 bytes", (await Client.Post("", endless).Problem(ProblemKinds.MalformedMultipart)).Detail());
    }
}
