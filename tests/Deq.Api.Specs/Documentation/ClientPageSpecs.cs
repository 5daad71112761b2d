using System.Text.Json.Nodes;
using Deq.Api.Specs.Clients;
using Deq.Testing;

namespace Deq.Api.Specs.Documentation;

/// <summary>Every client of the guides runs as printed, against the shipped models, and prints what is printed under it. Skipped where its program or a package of it is missing.</summary>
public sealed class ClientPageSpecs(GuideServer server) : IClassFixture<GuideServer>
{
    /// <summary>The first Node with WebSockets behind an option, and the first that needs none.</summary>
    private const int NodeWithOption = 20, NodeWithSockets = 22;

    /// <summary>What the pages import beside Python's standard library.</summary>
    private static readonly string[] s_packages = ["numpy", "requests", "websockets"];

    public static TheoryData<string, string, string> Programs => [.. ClientProgram.All().Select(program => (program.Page, program.Language, program.Title))];

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Print_what_is_printed_under_them(string page, string language, string title)
    {
        ClientProgram program = ClientProgram.All().Single(each => (each.Page, each.Language, each.Title) == (page, language, title));
        Assert.True(program.Answer is not null, "Nothing is printed under it, so nothing checks it.");
        await InstallAsync(program.Install);

        string output = await (language switch
        {
            "python" => RunAsync(await PythonAsync(program.Text), [], "client.py", program.Text),
            "js" => RunAsync(Require("node"), await SocketsAsync(program.Text), "client.mjs", program.Text),
            "csharp" => RunAsync(Require("dotnet"), ["run"], "client.cs", program.Text),
            "html" => VisitAsync(program),
            ClientProgram.Shell => RunAsync(Require("bash"), ["-e"], "client.sh", program.Text),
            _ => throw new NotSupportedException($"No program is known that runs {language}."),
        });

        Assert.Equal(program.Answer, output.Trim());
    }

    [Theory]
    [InlineData("python.md", "python", "Classify, Flow, Restore, Reason, Stream, Events")]
    [InlineData("python-requests.md", "python", "Classify, Classify 2, Flow, Restore, Reason, Stream, WebSocket, Events")]
    [InlineData("csharp.md", "csharp", "Classify, Flow, Restore, Reason, Stream, WebSocket, Events")]
    [InlineData("javascript.md", "js", "Classify, Flow, Restore, Reason, Stream, WebSocket, Events")]
    [InlineData("javascript.md", "html", "Browser")]
    [InlineData("curl.md", ClientProgram.Shell, "Classify, Classify 2, Flow, Restore, Reason, Reason 2, Stream, Events")]
    [InlineData("open-inference.md", "python", "Classify, Flow, Sequence, Restore, Reason")]
    [InlineData("open-inference.md", "csharp", "Classify, Flow, Reason")]
    [InlineData("open-inference.md", "js", "Classify, Flow, Reason")]
    [InlineData("grpc.md", "js", "Classify, Flow, Reason")]
    public void Are_found_on_their_pages(string page, string language, string titles) =>
        Assert.Equal(titles, string.Join(", ", ClientProgram.All().Where(program => (program.Page, program.Language) == (page, language)).Select(program => program.Title)));

    [Fact]
    public void Hold_every_block_of_every_page()
    {
        foreach (string page in Directory.GetFiles(Repository.Folder("docs", "clients"), "*.md"))
        {
            string text = File.ReadAllText(page);
            ClientProgram[] programs = [.. ClientProgram.Of(page, text)];

            Assert.All(GuideBlock.Of(text), block => Assert.Contains(programs, program =>
                (program.Language == block.Language && program.Text.Contains(block.Text, StringComparison.Ordinal)) || program.Install == block.Text));
        }
    }

    private static string Require(string program)
    {
        string? path = InstalledPrograms.Found(program).FirstOrDefault();
        Assert.SkipWhen(path is null, $"There is no {program} here.");
        return path!;
    }

    private Task<string> RunAsync(string program, string[] arguments, string name, string text) =>
        server.RunAsync(program, [.. arguments, server.Write(name, server.Aimed(text))]);

    /// <summary>The first Python that has the packages which a program imports.</summary>
    private async Task<string> PythonAsync(string text)
    {
        string[] imports = [.. text.Split('\n').Where(line => line.StartsWith("import ", StringComparison.Ordinal))];
        string needed = string.Join(", ", s_packages.Where(package => imports.Any(line => line.Contains(package, StringComparison.Ordinal))).DefaultIfEmpty("json"));
        foreach (string python in InstalledPrograms.Found("python3"))
        {
            if ((await server.TryAsync(python, "-c", $"import {needed}")).ExitCode == 0)
            {
                return python;
            }
        }

        Assert.Skip($"There is no python3 with {needed} here.");
        return "";
    }

    /// <summary>The option by which Node has WebSockets, for a program that opens one.</summary>
    private async Task<string[]> SocketsAsync(string text)
    {
        int node = int.Parse((await server.RunAsync(Require("node"), "--version")).TrimStart('v').Split('.')[0]);
        Assert.SkipWhen(node < NodeWithOption, $"Node {node} is older than the guides' clients.");
        return node < NodeWithSockets && text.Contains("new WebSocket(", StringComparison.Ordinal) ? ["--experimental-websocket"] : [];
    }

    private async Task InstallAsync(string? command)
    {
        if (command is not null)
        {
            server.Write("package.json", "{}");
            (int exitCode, string _, string errors) = await server.TryAsync(Require("npm"), command.Split(' ')[1..]);
            Assert.SkipWhen(exitCode != 0, errors);
        }
    }

    /// <summary>Opens a page that comes from another origin, and gives what it has written once that is as long as it should be.</summary>
    private async Task<string> VisitAsync(ClientProgram program)
    {
        server.Write("client.html", server.Aimed(program.Text));
        await using Browser browser = await Browser.Open(new Uri(server.Pages, "client.html"));
        JsonNode? written = await browser.Evaluate(
            $$"""
            new Promise(resolve => {
              const end = Date.now() + 300_000;
              const look = () => {
                const text = document.querySelector("pre")?.textContent.trim() ?? "";
                Date.now() > end || text.split("\n").length >= {{program.Answer!.Split('\n').Length}} ? resolve(text) : setTimeout(look, 50);
              };
              look();
            })
            """);
        return (string)written! == program.Answer ? program.Answer : string.Join('\n', [(string)written!, .. browser.Faults]);
    }
}
