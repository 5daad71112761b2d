using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>What a model's logits say: a token for each place, and how sure the model is of it.</summary>
/// <param name="Grid">The answer; given places keep their token.</param>
/// <param name="Confidence">Per place, the softmax of the chosen token, row-major; 1 where the place was given. Not calibrated.</param>
public sealed record TokenAnswer(TokenGrid Grid, IReadOnlyList<float> Confidence)
{
    /// <summary>Writes a question as the encoder's input: token numbers, row-major.</summary>
    /// <param name="question">The question.</param>
    /// <param name="input">Receives height·width numbers.</param>
    public static void Fill(TokenGrid question, Span<float> input)
    {
        ArgumentNullException.ThrowIfNull(question);
        for (int place = 0; place < question.Count; place++)
        {
            input[place] = question.Tokens[place];
        }
    }

    /// <summary>Reads the decoder's output; null where it is not finite.</summary>
    /// <param name="logits"><c>[K, H, W]</c> for K answers.</param>
    /// <param name="question">Of H × W places.</param>
    /// <param name="vocabulary">Its tokens.</param>
    /// <exception cref="ArgumentException">Another number of logits.</exception>
    public static TokenAnswer? Read(ReadOnlySpan<float> logits, TokenGrid question, TokenVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(vocabulary);
        int classes = vocabulary.Answers.Count;
        int places = question.Count;
        if (logits.Length != classes * places)
        {
            throw new ArgumentException($"{classes} answers at {places} places have {classes * places} logits; {logits.Length} were given.", nameof(logits));
        }

        if (!TensorPrimitives.IsFiniteAll(logits))
        {
            return null;
        }

        int[] tokens = question.Tokens.ToArray();
        float[] confidence = new float[places];
        for (int place = 0; place < places; place++)
        {
            confidence[place] = 1;
            if (vocabulary.IsDecided(tokens[place]))
            {
                (int best, confidence[place]) = Best(logits, place, places, classes);
                tokens[place] = vocabulary.Answers[best];
            }
        }

        return new TokenAnswer(new TokenGrid(question.Height, question.Width, tokens), confidence);
    }

    private static (int Class, float Probability) Best(ReadOnlySpan<float> logits, int place, int places, int classes)
    {
        int best = 0;
        for (int i = 1; i < classes; i++)
        {
            best = logits[(i * places) + place] > logits[(best * places) + place] ? i : best;
        }

        float sum = 0;
        for (int i = 0; i < classes; i++)
        {
            sum += MathF.Exp(logits[(i * places) + place] - logits[(best * places) + place]);
        }

        return (best, 1 / sum);
    }
}
