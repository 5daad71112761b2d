using System.Net;
using System.Net.Http.Headers;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using static Deq.Api.Specs.Clients.Pictures;

namespace Deq.Api.Specs.Tasks.Flow;

/// <summary>Forms with frames, damaged at random. <c>DEQ_MUTATIONS</c> sets how many; some hundreds unless it does.</summary>
public sealed class FramesPayloadSpecs
{
    private const int Few = 400;

    [Fact]
    public async Task Of_frames_is_answered_or_refused_and_harms_nobody()
    {
        using var server = new FlowServer();
        using HttpClient client = server.CreateClient();
        byte[][] wholes = [await Whole(Png(Grey(24, 16, 1), 24)), await Whole(Jpeg(Grey(24, 16, 2), 24)), await Whole(LosslessWebp(Grey(24, 16, 3), 24))];
        int mutations = int.TryParse(Environment.GetEnvironmentVariable("DEQ_MUTATIONS"), out int asked) ? asked : Few;
        var random = new Random(11);
        var seen = new Dictionary<HttpStatusCode, int>();

        for (int i = 0; i < mutations; i++)
        {
            using HttpResponseMessage response = await FlowServer.Post(client, Content(Mutated(wholes[i % wholes.Length], random)));
            int status = (int)response.StatusCode;
            Assert.True(status is 200 or (>= 400 and < 500), $"Mutation {i} was answered {status}.");
            seen[response.StatusCode] = seen.GetValueOrDefault(response.StatusCode) + 1;
        }

        await FlowServer.Post(client, Content(wholes[0])).Ok();
        Assert.True(seen.GetValueOrDefault(HttpStatusCode.OK) > 0, "No mutation left a form that can be answered.");
        Assert.True(seen.Count > 2, $"Mutations were answered only {string.Join(", ", seen.Keys)}.");
    }

    private static byte[] Mutated(byte[] whole, Random random)
    {
        byte[] bytes = [.. whole];
        for (int edit = random.Next(1, 4); edit > 0; edit--)
        {
            int place = random.Next(bytes.Length);
            int length = random.Next(1, Math.Min(64, bytes.Length - place) + 1);
            switch (random.Next(5))
            {
                case 0:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    random.NextBytes(bytes.AsSpan(place, length));
                    break;
                case 2:
                    bytes = [.. bytes[..place], .. bytes[(place + length)..], 0];
                    break;
                case 3:
                    bytes = [.. bytes[..place], .. bytes[place..(place + length)], .. bytes[place..]];
                    break;
                default:
                    bytes = bytes[..Math.Max(1, place)];
                    break;
            }
        }

        return bytes;
    }

    private static async Task<byte[]> Whole(byte[] frame)
    {
        using var form = new MultipartFormDataContent("mutated")
        {
            { new ByteArrayContent(frame), "frame1", "1" },
            { new ByteArrayContent(frame), "frame2", "2" },
            { new StringContent("3"), "maxEvaluations" },
        };
        return await form.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    private static ByteArrayContent Content(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=mutated");
        return content;
    }
}
