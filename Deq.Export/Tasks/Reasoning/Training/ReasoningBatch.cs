using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Torch;
using Deq.Runtime.Tasks.Reasoning;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Reasoning.Training;

/// <summary>Puzzles of one shape as tensors, in the caller's dispose scope.</summary>
/// <param name="Tokens">Questions, <c>[B, 1, H, W]</c>.</param>
/// <param name="Targets">The class of each place's answer, <c>[B, H, W]</c>; −100 where the place is given.</param>
internal sealed record ReasoningBatch(Tensor Tokens, Tensor Targets)
{
    /// <summary>A target that no loss counts.</summary>
    public const long Ignored = -100;

    /// <summary>Lays puzzles of one shape out.</summary>
    /// <param name="puzzles">At least one.</param>
    /// <param name="vocabulary">What their tokens are.</param>
    /// <param name="device">Where the tensors live.</param>
    public static ReasoningBatch Of(IReadOnlyList<Puzzle> puzzles, TokenVocabulary vocabulary, Device device)
    {
        (int height, int width) = (puzzles[0].Question.Height, puzzles[0].Question.Width);
        int places = height * width;
        float[] tokens = new float[puzzles.Count * places];
        long[] targets = new long[tokens.Length];
        for (int item = 0; item < puzzles.Count; item++)
        {
            for (int place = 0; place < places; place++)
            {
                int question = puzzles[item].Question.Tokens[place];
                tokens[(item * places) + place] = question;
                targets[(item * places) + place] = vocabulary.IsDecided(question) ? Class(vocabulary, puzzles[item].Answer.Tokens[place]) : Ignored;
            }
        }

        return new ReasoningBatch(
            tensor(tokens, [puzzles.Count, 1, height, width], device: device), tensor(targets, [puzzles.Count, height, width], device: device));
    }

    /// <summary>Whether each row's decided places are all as its answer has them, <c>[B]</c>.</summary>
    /// <param name="logits"><c>[B, K, H, W]</c>.</param>
    public Tensor IsExact(Tensor logits) => (logits.argmax(1).eq(Targets) | Targets.eq(HeldScalar.Of(Ignored))).flatten(1).all(1);

    private static int Class(TokenVocabulary vocabulary, int token)
    {
        for (int i = 0; i < vocabulary.Answers.Count; i++)
        {
            if (vocabulary.Answers[i] == token)
            {
                return i;
            }
        }

        throw new ArgumentException($"The answer holds the token {token}, which answers are not made of.", nameof(token));
    }
}
