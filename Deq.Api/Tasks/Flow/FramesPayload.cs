using Deq.Api.Problems;
using Deq.Api.Requests;

namespace Deq.Api.Tasks.Flow;

/// <summary>What a request for flow brings.</summary>
/// <param name="Frames">The frames, not decoded yet.</param>
/// <param name="Parameters">The fields of the form.</param>
internal sealed record FramesPayload(EncodedFrames Frames, IReadOnlyList<KeyValuePair<string, string>> Parameters)
{
    /// <summary>The parts that bring the frames.</summary>
    public static IReadOnlyList<string> Fields { get; } = ["frame1", "frame2"];

    /// <summary>The types of bodies that are taken.</summary>
    public static IReadOnlyList<string> Types { get; } = [PayloadReader.Multipart];

    /// <summary>Reads the body. Nothing is decoded here but the heads of the frames.</summary>
    /// <exception cref="ProblemException">The body is missing, malformed, of another type or passes a limit, or the frames do not fit.</exception>
    public static Task<FramesPayload> ReadAsync(
        HttpRequest request, GuidedModel model, PayloadReader reader, HeldBodies.Share share, RequestLimits limits, DecodingThreads decoding) =>
        reader.ReadAsync(request, share, Types, () => Missing("The body is empty."), async (body, _, type) =>
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            var form = new MultipartForm(body, limits, Fields, name => Fields.Contains(name) && (seen.Add(name) ? true : throw Twice(name)));
            await form.ReadAsync(type);
            ReadOnlyMemory<byte>[] frames = [.. Fields.Select(field => form.Files.FirstOrDefault(file => file.Name == field).Bytes)];
            return Array.FindIndex(frames, frame => frame.Length == 0) is >= 0 and int place
                ? throw Missing(seen.Contains(Fields[place]) ? $"{Fields[place]} is empty." : $"The form has no part named '{Fields[place]}'.")
                : new FramesPayload(
                    await decoding.RunAsync(share.Client, () => Identified(frames, model, limits, share), body.Deadline.Token), form.Fields);
        });

    private static EncodedFrames Identified(ReadOnlyMemory<byte>[] files, GuidedModel model, RequestLimits limits, HeldBodies.Share share)
    {
        var frames = new EncodedFrames(files[0], files[1], model, limits);
        share.Quota?.Decoded((long)files.Length * frames.Width * frames.Height);
        return frames;
    }

    private static ProblemException Missing(string what) =>
        new(ProblemKinds.MissingBody, $"{what} Two frames come as parts of a multipart form: {string.Join(" and ", Fields)}.");

    private static ProblemException Twice(string name) => MultipartForm.Malformed($"{name} comes more than once.");
}
