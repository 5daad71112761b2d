using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Runtime.Specs.Tasks.Reasoning;

public sealed class TokenAnswerSpecs
{
    private static readonly TokenVocabulary s_maze = new MazeChecker().Vocabulary;

    [Fact]
    public void Given_places_keep_their_token_and_the_others_take_the_likeliest()
    {
        TokenGrid question = TokenGrid.Sequence([MazeChecker.Start, MazeChecker.Open, MazeChecker.Open, MazeChecker.Wall]);
        float[] logits = [0, 2, 0, 9, 5, 0, 3, 0];

        TokenAnswer answer = TokenAnswer.Read(logits, question, s_maze)!;

        Assert.Equal([MazeChecker.Start, MazeChecker.Open, MazeChecker.Way, MazeChecker.Wall], answer.Grid.Tokens.ToArray());
    }

    [Fact]
    public void Confidence_is_the_softmax_of_the_chosen_token_and_1_where_nothing_was_chosen()
    {
        TokenGrid question = TokenGrid.Sequence([MazeChecker.Start, MazeChecker.Open]);

        TokenAnswer answer = TokenAnswer.Read([0, 1000, 0, 1001], question, s_maze)!;

        Assert.Equal(1, answer.Confidence[0]);
        Assert.Equal(1 / (1 + Math.Exp(-1)), answer.Confidence[1], 1e-6);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Logits_that_are_not_finite_are_no_answer(float logit)
    {
        TokenGrid question = TokenGrid.Sequence([MazeChecker.Start, MazeChecker.Open]);

        Assert.Null(TokenAnswer.Read([0, 1, 0, logit], question, s_maze));
    }

    [Fact]
    public void Refuses_another_number_of_logits()
    {
        TokenGrid question = TokenGrid.Sequence([MazeChecker.Start, MazeChecker.Open]);

        Assert.Throws<ArgumentException>(() => TokenAnswer.Read([1, 2, 3], question, s_maze));
    }

    [Fact]
    public void The_first_start_is_zero_and_others_follow_from_seed_and_number()
    {
        float[] zero = [1, 1, 1];
        float[] first = new float[4001];
        float[] again = new float[4001];
        float[] other = new float[4001];
        StartNoise.Fill(zero, seed: 3, start: 0, deviation: 1);
        StartNoise.Fill(first, seed: 3, start: 1, deviation: 2);
        StartNoise.Fill(again, seed: 3, start: 1, deviation: 2);
        StartNoise.Fill(other, seed: 3, start: 2, deviation: 2);

        Assert.Equal([0, 0, 0], zero);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.InRange(Math.Sqrt(first.Average(number => (double)number * number)), 1.9, 2.1);
        Assert.InRange(first.Average(), -0.15, 0.15);
    }
}
