using System.Globalization;
using Deq.Api.Requests;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Api.Tasks.Restoration;

/// <summary>What the answer to a picture takes, as far as it is known before the picture is decoded.</summary>
/// <param name="Factor">How many times larger the answer is along each side.</param>
/// <param name="MediaType">Of the answer.</param>
internal sealed record AnswerRoom(int Factor, string MediaType)
{
    private const int LeastDepth = 8;

    /// <summary>Of parameters as they were given; of those that will be refused any.</summary>
    /// <param name="given">Names and values.</param>
    /// <param name="mediaType">Of the answer.</param>
    public static AnswerRoom Of(IReadOnlyCollection<KeyValuePair<string, string>> given, string mediaType)
    {
        string? factor = ValueOf(RestorationParameters.Factor.Name);
        int usual = factor is null && ValueOf(RestorationParameters.Operator.Name) == Degradation.Downsample ? RestorationParameters.UsualFactor : 1;
        return new AnswerRoom(Degradation.Factors.FirstOrDefault(each => factor == each.ToString(CultureInfo.InvariantCulture), usual), mediaType);

        string? ValueOf(string name) => given.FirstOrDefault(pair => pair.Key == name && pair.Value.Length > 0).Value;
    }

    /// <summary>
    /// Counts a decoded picture's planes and what its answer will take at once, before any of it is made: requests that were let in for their planes alone would
    /// refuse each other the rest, each after it was decoded.
    /// </summary>
    /// <param name="share">The request's.</param>
    /// <param name="pixels">Of the picture.</param>
    /// <param name="planes">Bytes of its planes.</param>
    /// <param name="keepsStates">Whether the states of the solves are kept too; they are counted without their margins, which are not known yet.</param>
    /// <returns>Bytes that were counted beside the planes.</returns>
    /// <exception cref="Problems.ProblemException">It could never be held, or the client's share has no room for it.</exception>
    public long Take(HeldBodies.Share share, long pixels, long planes, bool keepsStates)
    {
        share.Quota?.Decoded(pixels);
        long answer = PlanesOf(planes), all = keepsStates ? 2 * answer : answer;
        share.AddPicture(planes + all, later: FileOf(answer, LeastDepth));
        return all;
    }

    /// <summary>Bytes of the planes of the answer. Solves leave nothing beside them: tiles are put into them.</summary>
    /// <param name="planes">Bytes of those of the picture.</param>
    public long PlanesOf(long planes) => planes * Factor * Factor;

    /// <summary>What the answer takes as a file at most: a picture of noise is no smaller than its samples.</summary>
    /// <param name="answer">Bytes of its planes.</param>
    /// <param name="depth">Bits per sample.</param>
    public long FileOf(long answer, int depth) =>
        MediaType == AcceptHeader.Json ? 0 : answer / sizeof(float) * (depth / 8) * (MediaType == AcceptHeader.EventStream ? 4 : 3) / 3;
}
