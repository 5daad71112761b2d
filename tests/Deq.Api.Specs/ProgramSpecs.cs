using System.Net;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs;

public sealed class ProgramSpecs : IDisposable
{
    private const string Classify = "/api/v1/models/tiny/classify";

    private readonly TemporaryFolder _models = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static HttpContent Image => Calls.Tensor("1,8,8", TinyBundle.Image(seed: 3));

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task Connects_to_nowhere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sockets of a process are read from /proc.");
        TinyBundle.Write(_models["tiny"]);
        (ServerProcess server, HttpClient client) = await ServerProcess.Start($"--Models:Directory={_models.Path}");
        await using ServerProcess process = server;
        var seen = new HashSet<string>();

        for (int i = 0; i < 100; i++)
        {
            await client.PostAsync(Classify, Image, Cancellation).Ok();
            seen.UnionWith(ProcessSockets.Of(process.Id));
        }

        Assert.Contains(seen, socket => socket.StartsWith("tcp 127.0.0.1:", StringComparison.Ordinal));
        Assert.DoesNotContain(seen, ProcessSockets.LeavesTheMachine);
        client.Dispose();
    }

    [Fact]
    public async Task Answers_what_it_has_accepted_when_asked_to_end_and_exits_with_0()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        TinyBundle.Write(_models["tiny"], new TinyBundleOptions { SpectralNorm = 0.9999, IsLinear = true });
        (ServerProcess server, HttpClient client) = await ServerProcess.Start($"--Models:Directory={_models.Path}", "--Engine:Threads=1");
        await using ServerProcess process = server;
        await client.PostAsync(Classify + "?maxEvaluations=1", Image, Cancellation).Ok();
        Task<HttpResponseMessage>[] calls = [.. Enumerable.Range(0, 8).Select(_ =>
            client.PostAsync(Classify + "?solver=picard&tolerance=1e-6&maxEvaluations=1000", Image, Cancellation))];
        await Task.WhenAny(calls);

        int exitCode = await process.Terminate();

        Assert.Equal(0, exitCode);
        HttpResponseMessage[] answers = await Task.WhenAll(calls);
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        client.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ends_quietly_with_0_when_asked_to_while_it_starts(bool isOpened)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Whether a process opens models is read from /proc.");
        for (int i = 0; i < 12; i++)
        {
            TinyBundle.Write(_models[$"tiny{i}"], new TinyBundleOptions { Name = $"tiny{i}" });
        }

        (int exitCode, string output, string errors) = await ServerProcess.TerminateWhileItStarts(
            isOpened ? log => log.Contains("Serving tiny0 ", StringComparison.Ordinal) : null,
            $"--Models:Directory={_models.Path}", "--urls=http://127.0.0.1:0", "--Engine:Threads=1", "--Engine:RowsPerThread=1");

        Assert.True(exitCode == 0, errors + output);
        Assert.Empty(errors);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.True(isOpened || !output.Contains("Now listening", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task Ends_at_once_when_asked_again_although_its_start_hangs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        string pipe = _models.MakePipe("assets.json");

        // Opened once the server opens it too, which then waits for what is never written.
        Task<FileStream> opening = Task.Factory.StartNew(
            () => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite), Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        (int exitCode, string errors) = await ServerProcess.TerminateUntilItEnds(opening, "--environment=Development", $"--staticWebAssets={pipe}");
        await using FileStream held = await opening;

        Assert.Equal(143, exitCode);
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData("--Access:KeysFile={0}/pipe.json")]
    [InlineData("--Access:Jwt:KeysFile={0}/pipe.json", "--Access:Jwt:Issuer=issuer", "--Access:Jwt:Audience=deq")]
    [InlineData("--Ensembles:Directory={0}")]
    [InlineData("--Kestrel:Certificates:Default:Path={0}/pipe.json")]
    [InlineData("--Kestrel:Certificates:Default:Path={0}/pipe.json", "--Kestrel:Certificates:Default:KeyPath={0}/pipe.json")]
    public async Task Does_not_wait_for_a_pipe_where_a_file_should_be_and_names_it(params string[] settings)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes in folders.");
        TinyBundle.Write(_models["tiny"]);
        using var folder = new TemporaryFolder();
        string pipe = folder.MakePipe("pipe.json");

        (int exitCode, string output, string errors) = await ServerProcess.Fail(
            [$"--Models:Directory={_models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1", "--urls=http://127.0.0.1:0", .. settings.Select(setting => setting.Replace("{0}", folder.Path, StringComparison.Ordinal))]);

        Assert.True(exitCode == 1, errors + output);
        Assert.Contains(pipe, errors, StringComparison.Ordinal);
        Assert.Contains("it is empty or no file", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_once_that_its_device_is_not_there_and_what_to_do()
    {
        TinyBundle.Write(_models["one"]);
        TinyBundle.Write(_models["two"], new TinyBundleOptions { Name = "two" });

        (int exitCode, _, string errors) = await ServerProcess.Fail($"--Models:Directory={_models.Path}", "--Execution:Device=cuda", "--Execution:DeviceId=1023");

        Assert.Equal(1, exitCode);
        string fault = Assert.Single(errors.Split('\n'), line => line.StartsWith("  - ", StringComparison.Ordinal));
        Assert.Matches("publish with -p:Accelerator=cuda|docs/operations.md#gpu", fault);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Helps(string option)
    {
        (int exitCode, string output, _) = await ServerProcess.Fail(option);

        Assert.Equal(0, exitCode);
        Assert.Contains("--Models:Directory", output, StringComparison.Ordinal);
        Assert.Contains("docs/operations.md", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_every_fault_of_every_bundle_and_exits_with_1()
    {
        TinyBundle.Write(_models["good"]);
        TinyBundle.Write(_models["torn"], new TinyBundleOptions { Name = "torn" });
        File.AppendAllText(Path.Combine(_models["torn"], "cell.onnx"), "x");
        File.Delete(Path.Combine(_models["torn"], "decode.onnx"));

        (int exitCode, string output, string errors) = await ServerProcess.Fail($"--Models:Directory={_models.Path}");

        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Contains("cell.onnx", errors);
        Assert.Contains("decode.onnx", errors);
        Assert.DoesNotContain("   at ", errors);
    }
}
