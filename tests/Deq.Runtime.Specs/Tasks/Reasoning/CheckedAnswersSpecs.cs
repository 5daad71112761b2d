using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Runtime.Specs.Tasks.Reasoning;

public sealed class CheckedAnswersSpecs
{
    private static readonly TokenGrid s_bits = TokenGrid.Sequence([1, 1, 0]);

    private static readonly ReasoningContract s_parity = new()
    {
        Layout = "line",
        Characters = "01",
        Answers = [0, 1],
        Checker = "prefix-sum",
        StartNoise = 2,
        Efforts = [],
    };

    [Theory]
    [InlineData(new float[] { 0, 5, 5, 5, 0, 0 }, true)]
    [InlineData(new float[] { 0, 5, 0, 5, 0, 5 }, false)]
    [InlineData(new float[] { 0, 5, 5, 5, 0, float.NaN }, false)]
    public void Only_what_keeps_the_rules_is_accepted(float[] logits, bool expected)
    {
        AnswerJudge judge = CheckedAnswers.Judge(s_parity, s_bits, seed: 1, start: 0, starts: 1, beginsAgain: true)!;

        Assert.Equal(expected, judge.Accepts(logits));
    }

    [Fact]
    public void No_two_starts_of_a_question_share_their_noise()
    {
        var numbers = new List<float>();
        foreach (int start in (int[])[0, 1, 2])
        {
            AnswerJudge judge = CheckedAnswers.Judge(s_parity, s_bits, seed: 7, start, starts: 3, beginsAgain: true)!;
            foreach (int restart in (int[])[1, 2])
            {
                float[] state = new float[4];
                judge.Restart!(restart, state);
                numbers.Add(state[0]);
                float[] expected = new float[4];
                StartNoise.Fill(expected, seed: 7, start + (3 * restart), deviation: 2);
                Assert.Equal(expected, state);
            }
        }

        Assert.Equal(numbers.Count, numbers.Distinct().Count());
    }

    [Fact]
    public void There_is_no_judge_without_a_checker_and_no_further_start_where_none_is_wanted()
    {
        Assert.Null(CheckedAnswers.Judge(s_parity with { Checker = null }, s_bits, seed: 1, start: 0, starts: 1, beginsAgain: true));
        Assert.Null(CheckedAnswers.Judge(s_parity, s_bits, seed: 1, start: 0, starts: 1, beginsAgain: false)!.Restart);
    }
}
