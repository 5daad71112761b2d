using Deq.Testing;

namespace Deq.Api.Specs.Documentation;

/// <summary>Every client of the guides runs as printed, against the shipped models, and prints what is printed under it.</summary>
public sealed class ClientPageSpecs(GuideServer server) : IClassFixture<GuideServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("python", "python", "python3")]
    [InlineData("javascript", "js", "node")]
    [InlineData("csharp", "csharp", "dotnet")]
    [InlineData("open-inference", "python", "python3")]
    [InlineData("open-inference", "js", "node")]
    public async Task Prints_what_is_printed_under_a_client(string page, string language, string program)
    {
        string path = Require(program);
        GuideBlock client = await ClientAsync(page, language);
        string file = server.Write($"{page}.{(language switch { "js" => "mjs", "csharp" => "cs", _ => "py" })}", client.Text);

        string[] run = language == "csharp" ? ["run", file] : [file];
        string output = await server.RunAsync(path, [.. run, server.Address]);

        Assert.Equal(client.Answer!.Trim(), output.Trim());
    }

    [Fact]
    public async Task Prints_what_is_printed_under_the_client_of_grpc()
    {
        (string node, string npm) = (Require("node"), Require("npm"));
        GuideBlock[] blocks = [.. GuideBlock.Of(await File.ReadAllTextAsync(Repository.Folder("docs", "clients", "grpc.md"), TestContext.Current.CancellationToken))];
        string[] install = blocks.First(block => block.Text.StartsWith("npm ", StringComparison.Ordinal)).Text.Trim().Split(' ')[1..];
        server.Write("package.json", "{}");
        (int exitCode, string _, string errors) = await server.TryAsync(npm, install);
        Assert.SkipWhen(exitCode != 0, errors);
        GuideBlock client = blocks.Single(block => block.Language == "js");

        string output = await server.RunAsync(node, server.Write("grpc.mjs", client.Text), server.RpcAddress, Repository.Folder("Deq.Api", "Fronts", "OpenInference", "Rpc", "inference.proto"));

        Assert.Equal(client.Answer!.Trim(), output.Trim());
    }

    private static string Require(string program)
    {
        string? path = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"There is no {program} here.");
        return path!;
    }

    private static async Task<GuideBlock> ClientAsync(string page, string language) =>
        GuideBlock.Of(await File.ReadAllTextAsync(Repository.Folder("docs", "clients", page + ".md"), Cancellation)).Single(block => block.Language == language);
}
