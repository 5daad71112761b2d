using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;

namespace Deq.Benchmarks.Serving;

/// <summary>What no server can do without: takes a request of 64 KiB, has another thread work for as long as a solve takes, and answers.</summary>
/// <remarks>Run as a process of its own, as the server is. The work is a loop that waits for the clock, so it leaves the caches alone.</remarks>
internal static class FloorServer
{
    /// <summary>Plain sockets and a thread per connection, which knows no more of HTTP than where the head ends and how long the body is.</summary>
    public const string Sockets = "sockets";

    /// <summary>The web server as it comes: reads the body, answers.</summary>
    public const string WebServer = "web-server";

    private static readonly string s_rest = new('x', 500);

    /// <summary>Serves until the process is killed.</summary>
    /// <param name="kind">One of the above.</param>
    /// <param name="bytes">Of a body.</param>
    /// <param name="work">How long the other thread works.</param>
    public static int Run(string kind, int bytes, TimeSpan work)
    {
        var worker = new Worker();
        if (kind == Sockets)
        {
            ServeSockets(bytes, work, worker);
        }
        else
        {
            ServeHttp(work, worker);
        }

        return 0;
    }

    private static void ServeSockets(int bytes, TimeSpan work, Worker worker)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Console.WriteLine($"{ApiProcess.Listening}http://{listener.LocalEndPoint}");
        while (true)
        {
            Socket connection = listener.Accept();
            connection.NoDelay = true;
            new Thread(() => Serve(connection, bytes, work, worker)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket connection, int bytes, TimeSpan work, Worker worker)
    {
        byte[] request = new byte[bytes + (16 << 10)];
        int arrived = 0;
        while (connection.Receive(request, arrived, request.Length - arrived, SocketFlags.None) is int received and > 0)
        {
            arrived += received;
            int head = request.AsSpan(0, arrived).IndexOf("\r\n\r\n"u8);
            if (head >= 0 && arrived >= head + 4 + bytes)
            {
                arrived = 0;
                worker.Do(work, spent =>
                {
                    byte[] body = Answer(spent);
                    connection.Send([.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n"), .. body]);
                });
            }
        }
    }

    private static void ServeHttp(TimeSpan work, Worker worker)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        app.Run(async http =>
        {
            byte[] body = new byte[http.Request.ContentLength ?? 0];
            await http.Request.Body.ReadExactlyAsync(body);
            var worked = new TaskCompletionSource<TimeSpan>();
            worker.Do(work, worked.SetResult);
            byte[] answer = Answer(await worked.Task.ConfigureAwait(false));
            http.Response.ContentLength = answer.Length;
            await http.Response.Body.WriteAsync(answer);
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        });
        app.Start();
        Console.WriteLine(ApiProcess.Listening + app.Urls.First());
        Thread.Sleep(Timeout.Infinite);
    }

    private static byte[] Answer(TimeSpan spent) => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{{\"spentMs\":{spent.TotalMilliseconds:F4},\"rest\":\"{s_rest}\"}}"));

    /// <summary>One thread that sleeps until there is something to do, as those of an engine do.</summary>
    private sealed class Worker
    {
        private readonly object _gate = new();
        private (TimeSpan Work, Action<TimeSpan> Tell, long AskedAt)? _asked;

        public Worker() => new Thread(Run) { IsBackground = true }.Start();

        /// <summary>Works, and tells on the worker's thread how long it took from now.</summary>
        public void Do(TimeSpan work, Action<TimeSpan> tell)
        {
            lock (_gate)
            {
                _asked = (work, tell, Stopwatch.GetTimestamp());
                Monitor.Pulse(_gate);
            }
        }

        private void Run()
        {
            while (true)
            {
                (TimeSpan work, Action<TimeSpan> tell, long askedAt) = Next();
                long begun = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(begun) < work)
                {
                }

                tell(Stopwatch.GetElapsedTime(askedAt));
            }
        }

        private (TimeSpan Work, Action<TimeSpan> Tell, long AskedAt) Next()
        {
            lock (_gate)
            {
                while (_asked is null)
                {
                    Monitor.Wait(_gate);
                }

                (TimeSpan Work, Action<TimeSpan> Tell, long AskedAt) asked = _asked.Value;
                _asked = null;
                return asked;
            }
        }
    }
}
