using System.Net.Http.Headers;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>A million wrong keys from one address, while the right key is shown from another.</summary>
internal static class KeyGuesses
{
    private const int Clients = 32;
    private const string Path = "/api/v1/models";

    public static async Task<DoorRow> MeasureAsync(double scale)
    {
        int guesses = (int)(1_000_000 * scale);
        using var server = new DoorServer(DoorServer.Key("owner"));
        using HttpClient guesser = new Fairness.ClientAddress(server.Process.Address, "127.0.0.2").NewClient();
        using HttpClient owner = new Fairness.ClientAddress(server.Process.Address, "127.0.0.3").NewClient();
        string secret = DoorServer.SecretOf("owner");
        var (wrong, right) = (new Answers(), new Answers());
        int lengths = 0;
        using var end = new CancellationTokenSource();
        Task asking = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await right.SendAsync(owner, With(secret));
                await Task.Delay(100);
            }
        });
        await Answers.ShareAsync(Clients, guesses, guess => wrong.SendAsync(guesser, With(Near(secret, guess)), (response, body) =>
        {
            // What an answer says of a guess must not depend on how near it comes.
            lengths |= (int)response.StatusCode == 401 ? 1 << (body.Length % 31) : 0;
            return (int)response.StatusCode;
        }));
        await end.CancelAsync();
        await asking;
        var afterwards = new Answers();
        await afterwards.SendAsync(guesser, With(secret));
        int others = wrong.Others(status => status is 401 or 429);
        int refused = right.Others(status => status == 200);
        return new DoorRow
        {
            Name = "guesses",
            Load = $"{guesses} wrong keys, each the right one but for some letters, by {Clients} clients of one address",
            Measured = $"{wrong.Statuses}; answers 401 of {System.Numerics.BitOperations.PopCount((uint)lengths)} length; the right key from another address refused {refused} of {right.Count} times, from the guesser's afterwards {afterwards.Statuses}",
            MustBe = "401 or 429, limited, nothing learned",
            IsMet = others == 0 && refused == 0 && wrong.Count - wrong.Others(status => status == 401) < wrong.Count / 2 && afterwards.Others(status => status == 429) == 0,
            IsWhole = scale >= 1,
        };
    }

    /// <summary>The secret with one to eight letters changed.</summary>
    private static string Near(string secret, int guess)
    {
        var random = new Random(guess);
        char[] letters = secret.ToCharArray();
        for (int change = 0; change <= guess % 8; change++)
        {
            // No secret has a digit, so none of these is right.
            letters[random.Next(letters.Length)] = (char)('0' + random.Next(10));
        }

        return new string(letters);
    }

    private static HttpRequestMessage With(string secret)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, Path);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return message;
    }
}
