"""The statistics: what they say of samples whose answer is known."""
import random
import unittest

from bench import stats


def noisy(source, centre, noise, blocks=10):
    return [([source.gauss(2 * centre, noise)], [source.gauss(centre, noise)])
            for _ in range(blocks)]


class RatioTest(unittest.TestCase):
    def test_exact_samples_give_an_exact_ratio(self):
        ratio = stats.ratio([([30.0], [10.0])] * 10)
        self.assertEqual((ratio.value, ratio.low, ratio.high), (3.0, 3.0, 3.0))

    def test_medians_not_means(self):
        ratio = stats.ratio([([20.0], [10.0])] * 9 + [([2000.0], [10.0])])
        self.assertEqual(ratio.value, 2.0)

    def test_the_same_blocks_give_the_same_interval(self):
        blocks = noisy(random.Random(7), 100, 20)
        first, second = stats.ratio(blocks), stats.ratio(blocks)
        self.assertEqual((first.low, first.high), (second.low, second.high))

    def test_the_interval_holds_the_truth_about_as_often_as_it_says(self):
        source = random.Random(3)
        ratios = [stats.ratio(noisy(source, 100, 15), 300) for _ in range(200)]
        held = sum(ratio.low <= 2 <= ratio.high for ratio in ratios)
        self.assertGreater(held, 170)
        self.assertLess(held, 200)

    def test_drift_between_blocks_is_drawn_with_both_arms(self):
        blocks = [([2.0 * speed], [1.0 * speed]) for speed in (100, 300)]
        ratio = stats.ratio(blocks)
        self.assertEqual((ratio.low, ratio.high), (2.0, 2.0))

    def test_nothing_to_compare(self):
        self.assertIsNone(stats.ratio([]))
        self.assertIsNone(stats.ratio([([], [1.0])]))
        self.assertIsNone(stats.ratio([([1.0], [0.0])]))


class VerdictTest(unittest.TestCase):
    def test_a_win_clears_one_by_more_than_the_noise(self):
        self.assertEqual(stats.Ratio(1.3, 1.2, 1.4).verdict(0.1), "win")
        self.assertEqual(stats.Ratio(1.3, 1.05, 1.4).verdict(0.1), "even")
        self.assertEqual(stats.Ratio(1.3, 1.2, 1.4).verdict(0.11), "noisy")

    def test_a_loss_too(self):
        self.assertEqual(stats.Ratio(0.7, 0.6, 0.8).verdict(0.1), "loss")
        self.assertEqual(stats.Ratio(0.7, 0.6, 0.95).verdict(0.1), "even")

    def test_no_claim_without_a_measure_of_noise(self):
        self.assertEqual(stats.Ratio(5, 4, 6).verdict(None), "unknown")

    def test_no_claim_from_a_few_blocks(self):
        for blocks, verdict in ((4, "unknown"), (5, "win")):
            self.assertEqual(stats.ratio([([3.0], [1.0])] * blocks).verdict(0.1), verdict)

    def test_spread_is_the_farther_end(self):
        self.assertAlmostEqual(stats.Ratio(1, 0.9, 1.2).spread, 0.2)
        self.assertAlmostEqual(stats.Ratio(1, 0.7, 1.2).spread, 0.3)


class MeanTest(unittest.TestCase):
    def test_geometric(self):
        self.assertAlmostEqual(stats.geometric_mean([2, 8]), 4)
