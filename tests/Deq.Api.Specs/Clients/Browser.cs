using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Testing;

namespace Deq.Api.Specs.Clients;

/// <summary>A page in headless Chromium, spoken to by its DevTools protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string Listening = "DevTools listening on ";

    /// <summary>Longer than any page takes on a machine that is busy with other things; after it the page hangs.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(15);

    private static readonly string[] s_programs = ["chromium", "chromium-browser", "google-chrome"];

    private readonly Process _process;
    private readonly string _folder;
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private int _calls;

    private Browser(Process process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>What the page complained of: errors, refused resources, exceptions.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens a page; skips the spec where there is no Chromium.</summary>
    public static async Task<Browser> Open(Uri page)
    {
        string? program = Environment.GetEnvironmentVariable("DEQ_CHROMIUM") ?? s_programs.SelectMany(InstalledPrograms.Found).FirstOrDefault();
        Assert.SkipWhen(program is null, "There is no Chromium here; DEQ_CHROMIUM may name it.");
        string folder = Directory.CreateTempSubdirectory("deq-browser").FullName;
        Process process = Process.Start(new ProcessStartInfo(
            program!,
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1200,1000", $"--user-data-dir={folder}",
                "--remote-debugging-port=0", "about:blank",
            ])
        { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var browser = new Browser(process, folder);
        string address = await Bounded.Wait(process, "The address of Chromium", browser.Address, Cancellation);
        using var client = new HttpClient();
        string targets = await client.GetStringAsync(new Uri($"http://{new Uri(address).Authority}/json/list"), Cancellation);
        string target = JsonNode.Parse(targets)!.AsArray().First(each => (string)each!["type"]! == "page")!["webSocketDebuggerUrl"]!.GetValue<string>();
        await browser._socket.ConnectAsync(new Uri(target), Cancellation);
        await browser.Call("Runtime.enable");
        await browser.Call("Log.enable");
        await browser.Call("Inspector.enable");
        await browser.Call("Page.enable");
        await browser.Call("Page.navigate", new() { ["url"] = page.ToString() });
        return browser;
    }

    /// <summary>The value of an expression, awaited where it is a promise.</summary>
    public async Task<JsonNode?> Evaluate(string expression)
    {
        JsonNode result = await Call("Runtime.evaluate", new()
        {
            ["expression"] = expression,
            ["awaitPromise"] = true,
            ["returnByValue"] = true,
        });
        return result["exceptionDetails"] is { } fault ? throw new InvalidOperationException(fault.ToJsonString()) : result["result"]!["value"];
    }

    /// <summary>Waits until the page says that it has come to an end, and gives the data it leaves on its body.</summary>
    public async Task<JsonNode> End() => JsonNode.Parse((string)(await Evaluate(
        """
        new Promise(resolve => {
          const look = () => ["done", "failed"].includes(document.body?.dataset.state)
            ? resolve(JSON.stringify({ ...document.body.dataset, note: document.getElementById("video-note").textContent }))
            : setTimeout(look, 50);
          look();
        })
        """))!)!;

    /// <summary>Loads the page anew and waits until the old one is gone.</summary>
    public async Task Reload()
    {
        await Evaluate("window.isOld = true");
        await Call("Page.reload");
        await Bounded.Wait(_process, "The page anew", IsNew, Cancellation);
    }

    /// <summary>Presses a key where the focus is.</summary>
    public async Task Press(string key)
    {
        await Call("Input.dispatchKeyEvent", new() { ["type"] = "rawKeyDown", ["key"] = key, ["code"] = key });
        await Call("Input.dispatchKeyEvent", new() { ["type"] = "keyUp", ["key"] = key, ["code"] = key });
    }

    /// <summary>Gives the page another size, pixels.</summary>
    public async Task Resize(int width, int height)
    {
        await Call("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        await Evaluate($"new Promise(resolve => {{ const look = () => innerWidth === {width} ? resolve() : setTimeout(look, 20); look(); }})");
    }

    /// <summary>Keeps a picture of the page where <c>DEQ_SCREENSHOTS</c> names a folder for people to look at.</summary>
    public async Task Keep(string name)
    {
        if (Environment.GetEnvironmentVariable("DEQ_SCREENSHOTS") is not { Length: > 0 } folder)
        {
            return;
        }

        JsonNode shot = await Call("Page.captureScreenshot", new() { ["format"] = "png" });
        await File.WriteAllBytesAsync(Path.Combine(folder, name + ".png"), Convert.FromBase64String((string)shot["data"]!), Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Waits until the page that was loaded last is there.</summary>
    private async Task<bool> IsNew(CancellationToken cancellation)
    {
        while (await Evaluate("window.isOld === true || document.readyState === 'loading'") is not { } isOld || (bool)isOld)
        {
            await Task.Delay(20, cancellation);
        }

        return true;
    }

    private async Task<string> Address(CancellationToken cancellation)
    {
        while (await _process.StandardError.ReadLineAsync(cancellation) is { } line)
        {
            if (line.StartsWith(Listening, StringComparison.Ordinal))
            {
                _ = _process.StandardError.ReadToEndAsync(CancellationToken.None);
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return line[Listening.Length..];
            }
        }

        throw new InvalidOperationException("Chromium ended before it listened.");
    }

    /// <summary>Calls a method and reads until its answer comes, noting what the page complains of on the way.</summary>
    /// <exception cref="OperationCanceledException">None came in time.</exception>
    /// <exception cref="InvalidOperationException">The page crashed, or the method failed.</exception>
    private async Task<JsonNode> Call(string method, JsonObject? parameters = null)
    {
        int id = ++_calls;
        JsonObject call = new() { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        bound.CancelAfter(s_longest);
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(call), WebSocketMessageType.Text, true, bound.Token);
        while (true)
        {
            JsonNode message = await Receive(bound.Token);
            Note(message);
            if ((int?)message["id"] == id)
            {
                return message["result"] ?? throw new InvalidOperationException(message.ToJsonString());
            }
        }
    }

    private void Note(JsonNode message)
    {
        JsonNode? parameters = message["params"];
        switch ((string?)message["method"])
        {
            case "Inspector.targetCrashed":
                throw new InvalidOperationException("The page crashed.");
            case "Log.entryAdded" when (string?)parameters!["entry"]!["level"] == "error":
                _faults.Enqueue($"{parameters["entry"]!["text"]} {parameters["entry"]!["url"]}");
                break;
            case "Runtime.exceptionThrown":
                _faults.Enqueue(parameters!["exceptionDetails"]!.ToJsonString());
                break;
            case "Runtime.consoleAPICalled" when (string?)parameters!["type"] == "error":
                _faults.Enqueue(parameters["args"]!.ToJsonString());
                break;
        }
    }

    private async Task<JsonNode> Receive(CancellationToken cancellation)
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[64 << 10];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), cancellation);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!;
    }
}
